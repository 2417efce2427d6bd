"""Encoders of torchvision, at any width: each returns its features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size."""

from torch import nn
from torchvision import models
from torchvision.models.efficientnet import EfficientNet, MBConvConfig, _efficientnet_conf
from torchvision.models.mobilenetv2 import MobileNetV2
from torchvision.models.mobilenetv3 import MobileNetV3, _mobilenet_v3_conf
from torchvision.ops import Conv2dNormActivation

TITLES = {
    "resnet18": "ResNet18",
    "resnet34": "ResNet34",
    "resnet50": "ResNet50",
    "resnet101": "ResNet101",
    "mobilenetv2": "MobileNet_V2",
    "mobilenetv3-large": "MobileNet_V3_Large",
    "efficientnet-b0": "EfficientNet_B0",
}
"""As torchvision calls them in the names of their weights."""


class ResNet(nn.Module):
    """The layers of a torchvision ResNet, under their names. An output stride of 16 dilates all convolutions of the last stage, its first block's too."""

    def __init__(self, name, width=64, stride=32):
        super().__init__()
        net = getattr(models, name)()
        if width != 64:
            narrow(net, width)
        if stride == 16:
            for conv in (part for part in net.layer4.modules() if isinstance(part, nn.Conv2d)):
                conv.stride, conv.dilation = (1, 1), (2, 2)
                conv.padding = tuple(2 * (side // 2) for side in conv.kernel_size)
        for part in ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"):
            setattr(self, part, getattr(net, part))

    def forward(self, x):
        features = [self.relu(self.bn1(self.conv1(x)))]
        x = self.maxpool(features[0])
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            features.append(x := layer(x))
        return features


def narrow(net, width):
    """Makes the stages anew with torchvision's own blocks; it has no option for the width of its first convolution."""
    net.inplanes = width
    net.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
    net.bn1 = nn.BatchNorm2d(width)
    for i in range(4):
        old = getattr(net, f"layer{i + 1}")
        setattr(net, f"layer{i + 1}", net._make_layer(type(old[0]), width * 2**i, len(old), 2 if i else 1))


class Mobile(nn.Module):
    """`features` of a torchvision network without its classifier, and which of its layers end the five resolutions."""

    def __init__(self, features, ends):
        super().__init__()
        self.features = features[: ends[-1] + 1]
        self.ends = ends

    def forward(self, x):
        outputs = []
        for layer in self.features:
            outputs.append(x := layer(x))
        return [outputs[end] for end in self.ends]


def scaled(channels, factor):
    """In proportion, where torchvision would round to multiples of 8."""
    return max(1, int(channels * factor + 0.5))


def mobilenetv2(width=32):
    if width == 32:
        net = models.mobilenet_v2()
    else:
        net = MobileNetV2(width_mult=width / 32, round_nearest=1)
        last = scaled(1280, width / 32)  # torchvision keeps 1280
        inputs = net.features[17].out_channels
        net.features[18] = Conv2dNormActivation(inputs, last, kernel_size=1, activation_layer=nn.ReLU6)
    return Mobile(net.features, (1, 3, 6, 13, 18))


def mobilenetv3(width=16):
    if width == 16:
        net = models.mobilenet_v3_large()
    else:
        setting, last = _mobilenet_v3_conf("mobilenet_v3_large")
        for block in setting:
            for field in ("input_channels", "expanded_channels", "out_channels"):
                setattr(block, field, scaled(getattr(block, field), width / 16))
        net = MobileNetV3(setting, last)
    return Mobile(net.features, (0, 3, 6, 12, 16))


class Unrounded(MBConvConfig):
    @staticmethod
    def adjust_channels(channels, width_mult, min_value=None):
        return scaled(channels, width_mult)


def efficientnet_b0(width=32):
    """Without stochastic depth."""
    if width == 32:
        net = models.efficientnet_b0(stochastic_depth_prob=0.0)
    else:
        setting, last = _efficientnet_conf("efficientnet_b0", width_mult=1, depth_mult=1)
        own = [
            Unrounded(one.expand_ratio, one.kernel, one.stride, one.input_channels, one.out_channels, one.num_layers, width / 32)
            for one in setting
        ]
        net = EfficientNet(own, dropout=0, stochastic_depth_prob=0.0, last_channel=last)
    return Mobile(net.features, (0, 2, 3, 5, 7))


MOBILE = {"mobilenetv2": mobilenetv2, "mobilenetv3-large": mobilenetv3, "efficientnet-b0": efficientnet_b0}


def encoder(name, width=None, stride=32):
    given = {} if width is None else {"width": width}
    return MOBILE[name](**given) if name in MOBILE else ResNet(name, stride=stride, **given)


def whole(name):
    """torchvision's network, with its classifier."""
    known = {"mobilenetv2": "mobilenet_v2", "mobilenetv3-large": "mobilenet_v3_large", "efficientnet-b0": "efficientnet_b0"}
    return getattr(models, known.get(name, name))()
