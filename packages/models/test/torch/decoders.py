"""Unet, FPN and DeepLabV3Plus of segmentation_models.pytorch, with its names, around the encoders of encoders.py. Without dropout."""

import torch
from torch import nn
from torch.nn import functional as F

from encoders import encoder


class Network(nn.Module):
    """An encoder, a decoder of its features, and a head of one convolution whose logits are enlarged."""

    def __init__(self, body, decoder, head, enlarge=1):
        super().__init__()
        self.encoder = body
        self.decoder = decoder
        self.segmentation_head = nn.Sequential(head)
        self.enlarge = enlarge

    def forward(self, x):
        x = self.segmentation_head(self.decoder(self.encoder(x)))
        return x if self.enlarge == 1 else bilinear(x, self.enlarge)


def bilinear(x, factor):
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=True)


def channels_of(body):
    body.eval()
    with torch.no_grad():
        found = [feature.shape[1] for feature in body(torch.zeros(1, 3, 64, 64))]
    body.train()
    return found


def conv_norm_relu(inputs, outputs, size):
    convolution = nn.Conv2d(inputs, outputs, size, 1, size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


class UnetBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = conv_norm_relu(inputs, outputs, 3)
        self.conv2 = conv_norm_relu(outputs, outputs, 3)


class UnetDecoder(nn.Module):
    def __init__(self, channels, widths):
        super().__init__()
        coarse, *skips = reversed(channels)
        inputs = [coarse, *widths[:-1]]
        beside = [*skips, 0]
        self.blocks = nn.ModuleList(UnetBlock(i + s, o) for i, s, o in zip(inputs, beside, widths))

    def forward(self, features):
        x, *skips = reversed(features)
        for block, skip in zip(self.blocks, [*skips, None]):
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            if skip is not None:
                x = torch.cat([x, skip], 1)
            x = block.conv2(block.conv1(x))
        return x


def unet(name, outputs=1, encoderWidth=None, decoderWidths=(256, 128, 64, 32, 16)):
    body = encoder(name, encoderWidth)
    decoder = UnetDecoder(channels_of(body), decoderWidths)
    return Network(body, decoder, nn.Conv2d(decoderWidths[-1], outputs, 3, 1, 1))


class Lateral(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.skip_conv = nn.Conv2d(inputs, outputs, 1)


class Convolved(nn.Module):
    def __init__(self, inputs, outputs, double):
        super().__init__()
        convolution = nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False)
        self.block = nn.Sequential(convolution, nn.GroupNorm(32, outputs), nn.ReLU())
        self.double = double

    def forward(self, x):
        x = self.block(x)
        return bilinear(x, 2) if self.double else x


class Segmentation(nn.Module):
    def __init__(self, inputs, outputs, doublings):
        super().__init__()
        first = [Convolved(inputs, outputs, doublings > 0)]
        others = [Convolved(outputs, outputs, True) for _ in range(1, doublings)]
        self.block = nn.Sequential(*first, *others)

    def forward(self, x):
        return self.block(x)


class FpnDecoder(nn.Module):
    def __init__(self, channels, pyramid, segmentation):
        super().__init__()
        self.p5 = nn.Conv2d(channels[4], pyramid, 1)
        self.p4, self.p3, self.p2 = (Lateral(channels[i], pyramid) for i in (3, 2, 1))
        self.seg_blocks = nn.ModuleList(Segmentation(pyramid, segmentation, n) for n in (3, 2, 1, 0))

    def forward(self, features):
        x = self.p5(features[4])
        levels = [x]
        for lateral, skip in zip((self.p4, self.p3, self.p2), (features[3], features[2], features[1])):
            x = F.interpolate(x, scale_factor=2, mode="nearest") + lateral.skip_conv(skip)
            levels.append(x)
        return sum(block(level) for block, level in zip(self.seg_blocks, levels))


def fpn(name, outputs=1, encoderWidth=None, pyramidChannels=256, segmentationChannels=128):
    body = encoder(name, encoderWidth)
    decoder = FpnDecoder(channels_of(body), pyramidChannels, segmentationChannels)
    return Network(body, decoder, nn.Conv2d(segmentationChannels, outputs, 1), enlarge=4)


def separable(inputs, outputs, rate=1):
    depthwise = nn.Conv2d(inputs, inputs, 3, 1, rate, rate, groups=inputs, bias=False)
    pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
    return nn.Sequential(nn.Sequential(depthwise, pointwise), nn.BatchNorm2d(outputs), nn.ReLU())


class Pooled(nn.Sequential):
    """The mean over the image, convolved, at every pixel."""

    def __init__(self, inputs, outputs):
        convolution = nn.Conv2d(inputs, outputs, 1, bias=False)
        super().__init__(nn.AdaptiveAvgPool2d(1), convolution, nn.BatchNorm2d(outputs), nn.ReLU())

    def forward(self, x):
        return super().forward(x).expand(-1, -1, *x.shape[2:])


class Pyramid(nn.Module):
    def __init__(self, inputs, outputs, rates):
        super().__init__()
        dilated = [separable(inputs, outputs, rate) for rate in rates]
        self.convs = nn.ModuleList([conv_norm_relu(inputs, outputs, 1), *dilated, Pooled(inputs, outputs)])
        self.project = conv_norm_relu(5 * outputs, outputs, 1)

    def forward(self, x):
        return self.project(torch.cat([conv(x) for conv in self.convs], 1))


class DeepLabDecoder(nn.Module):
    def __init__(self, channels, outputs, rates, fine=48):
        super().__init__()
        self.aspp = nn.Sequential(Pyramid(channels[4], outputs, rates), *separable(outputs, outputs))
        self.block1 = conv_norm_relu(channels[1], fine, 1)
        self.block2 = separable(outputs + fine, outputs)

    def forward(self, features):
        coarse = bilinear(self.aspp(features[4]), 4)
        return self.block2(torch.cat([coarse, self.block1(features[1])], 1))


def deeplabv3plus(name, outputs=1, encoderWidth=None, decoderChannels=256, atrousRates=(12, 24, 36)):
    body = encoder(name, encoderWidth, stride=16)
    decoder = DeepLabDecoder(channels_of(body), decoderChannels, atrousRates)
    return Network(body, decoder, nn.Conv2d(decoderChannels, outputs, 1), enlarge=4)


DECODERS = {"unet": unet, "fpn": fpn, "deeplabv3plus": deeplabv3plus}


def network(name, **options):
    """That of a name of `buildModel`, such as `unet-resnet18`."""
    decoder, body = name.split("-", 1)
    return DECODERS[decoder](body, **options)
