"""Writes networks with random weights, and what PyTorch computes with them, for test/resnet.test.ts.

    python3 networks.py FOLDER '{"name": "unet-resnet18", "size": [64, 64], "dtype": "F16", ...}' ...

For each network: FOLDER/NAME.safetensors, the weights under the names of torchvision and segmentation_models.pytorch, and
FOLDER/NAME.expected.safetensors: the logits of input() in prediction and, if "training" is true, the length of the gradient of
mean(logits^2) / 2 in training, of an input() twice as high and wide, by each parameter in the order of the sorted names; all computed in
float64. Needs torch alone.
"""

import json
import struct
import sys

import torch
from torch import nn
from torch.nn import functional as F

LAYERS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3)}


class Block(nn.Module):
    """Two 3 x 3 convolutions, or 1 x 1, 3 x 3 and 1 x 1, beside a shortcut."""

    def __init__(self, inputs, width, stride, bottleneck):
        super().__init__()
        outputs = 4 * width if bottleneck else width
        sizes = [1, 3, 1] if bottleneck else [3, 3]
        strides = [1, stride, 1] if bottleneck else [stride, 1]
        channels = [inputs] + [width] * (len(sizes) - 1) + [outputs]
        self.count = len(sizes)
        for i, (size, step) in enumerate(zip(sizes, strides)):
            convolution = nn.Conv2d(channels[i], channels[i + 1], size, step, size // 2, bias=False)
            setattr(self, f"conv{i + 1}", convolution)
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(channels[i + 1]))
        self.downsample = None
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = F.relu(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Encoder(nn.Module):
    def __init__(self, name, width, channels):
        super().__init__()
        bottleneck = name == "resnet50"
        self.conv1 = nn.Conv2d(channels, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.channels = [width]
        inputs = width
        for i, count in enumerate(LAYERS[name]):
            blocks = []
            for j in range(count):
                blocks.append(Block(inputs, width * 2**i, 2 if i > 0 and j == 0 else 1, bottleneck))
                inputs = width * 2**i * (4 if bottleneck else 1)
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
            self.channels.append(inputs)

    def forward(self, x):
        features = [F.relu(self.bn1(self.conv1(x)))]
        x = F.max_pool2d(features[0], 3, 2, 1)
        for i in range(4):
            x = getattr(self, f"layer{i + 1}")(x)
            features.append(x)
        return features


def conv_norm_relu(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class UnetBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = conv_norm_relu(inputs, outputs)
        self.conv2 = conv_norm_relu(outputs, outputs)


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


class Unet(nn.Module):
    def __init__(self, encoder, width=64, channels=3, outputs=1, decoderWidths=(256, 128, 64, 32, 16)):
        super().__init__()
        self.encoder = Encoder(encoder, width, channels)
        self.decoder = UnetDecoder(self.encoder.channels, decoderWidths)
        self.segmentation_head = nn.Sequential(nn.Conv2d(decoderWidths[-1], outputs, 3, 1, 1))

    def forward(self, x):
        return self.segmentation_head(self.decoder(self.encoder(x)))


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
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True) if self.double else x


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


class Fpn(nn.Module):
    """Without the dropout, which is none in prediction."""

    def __init__(self, encoder, width=64, channels=3, outputs=1, pyramidChannels=256, segmentationChannels=128):
        super().__init__()
        self.encoder = Encoder(encoder, width, channels)
        self.decoder = FpnDecoder(self.encoder.channels, pyramidChannels, segmentationChannels)
        self.segmentation_head = nn.Sequential(nn.Conv2d(segmentationChannels, outputs, 1))

    def forward(self, x):
        x = self.segmentation_head(self.decoder(self.encoder(x)))
        return F.interpolate(x, scale_factor=4, mode="bilinear", align_corners=True)


DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def randomize(net, x, dtype):
    """Statistics that fit the input and small residuals, so that rounding is not magnified; values that the type can hold."""
    generator = torch.Generator().manual_seed(2)
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.GroupNorm)):
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.uniform_(-0.3, 0.3, generator=generator)
        elif isinstance(module, nn.Conv2d):
            fan = module.weight[0].numel()
            module.weight.data.normal_(0, (2 / fan) ** 0.5, generator=generator)
            if module.bias is not None:
                module.bias.data.uniform_(-0.3, 0.3, generator=generator)
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1
    for module in net.modules():
        if isinstance(module, Block):
            getattr(module, f"bn{module.count}").weight.data.mul_(0.3)
    with torch.no_grad():
        net.train()(x)
        for tensor in net.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.to(dtype).float())


def input(height, width, channels, batch=2):
    """Numbers that another language can make too: [batch, height, width, channels], from -1 to below 1."""
    count = batch * height * width * channels
    values = (torch.arange(count, dtype=torch.int64) * 7919) % 8191
    return (values.float() / 4096 - 1).reshape(batch, height, width, channels)


def save(path, tensors):
    """The safetensors format: length of the header, header, data."""
    header, chunks, end = {}, [], 0
    for name, tensor in tensors.items():
        kind = next((key for key, value in DTYPES.items() if value == tensor.dtype), "I64")
        raw = tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [end, end + len(raw)]}
        chunks.append(raw)
        end += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        file.writelines(chunks)


def nhwc(x):
    return x.permute(0, 2, 3, 1).contiguous()


def nchw(x):
    return x.permute(0, 3, 1, 2).contiguous()


def write(folder, name, size, dtype, training=False, **options):
    kind, options["encoder"] = name.split("-")
    net = {"unet": Unet, "fpn": Fpn}[kind](**options)
    channels = options.get("channels", 3)
    height, width = size
    x = nchw(input(height, width, channels))
    larger = nchw(input(2 * height, 2 * width, channels))
    randomize(net, larger, DTYPES[dtype])
    state = net.state_dict()
    stored = {key: value.to(DTYPES[dtype]) if value.is_floating_point() else value for key, value in state.items()}
    save(f"{folder}/{name}.safetensors", stored)
    net.double()
    with torch.no_grad():
        expected = {"logits": nhwc(net.eval()(x.double())).float()}
    if training:
        logits = net.train()(larger.double())
        (logits.square().mean() / 2).backward()
        lengths = [parameter.grad.norm() for _, parameter in sorted(net.named_parameters())]
        expected["gradientLengths"] = torch.stack(lengths).float()
    save(f"{folder}/{name}.expected.safetensors", expected)


if __name__ == "__main__":
    for network in sys.argv[2:]:
        write(sys.argv[1], **json.loads(network))
