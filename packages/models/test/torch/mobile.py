"""Writes narrow U-Nets with the encoders for phones and random weights, and what they compute, for test/mobile.test.ts: in float64, with numpy.

    python3 mobile.py FOLDER mobilenetv2|mobilenetv3-large|efficientnet-b0

FOLDER/unet-NAME.safetensors has the weights in half precision under the names of torchvision (the encoder) and of segmentation_models.pytorch (the rest);
FOLDER/unet-NAME.expected.safetensors has the logits of the image of networks.py's input(). `python3 mobile.py count` prints the numbers of parameters with
the classifiers, at full width. The architectures are those of the papers' tables; epsilons and paddings are torchvision's.
"""

import sys

import numpy as np

from files import image, save

HEIGHT, WIDTH, CLASSES, DECODER = 64, 96, 3, (8, 8, 4, 4, 4)
WIDTHS = {"mobilenetv2": 4 / 32, "mobilenetv3-large": 2 / 16, "efficientnet-b0": 4 / 32}

random = np.random.default_rng(20260202)
weights = {}
shapes = {}
epsilon = {"encoder": 1e-5, "decoder": 1e-5}


def weight(name, shape):
    if name not in weights:
        fan = np.prod(shape[1:]) if len(shape) > 1 else 8
        weights[name] = (random.standard_normal(shape) * np.sqrt(2 / fan)).astype(np.float16)
    return weights[name].astype(np.float64)


def convolve(x, kernel, stride=1, depthwise=False):
    """x [B, C, H, W], kernel [O, C or 1, k, k], padded by half of the kernel."""
    size = kernel.shape[2]
    pad = size // 2
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    height, width = ((side + 2 * pad - size) // stride + 1 for side in x.shape[2:])
    result = np.zeros((x.shape[0], kernel.shape[0], height, width))
    for i in range(size):
        for j in range(size):
            part = padded[:, :, i : i + stride * (height - 1) + 1 : stride, j : j + stride * (width - 1) + 1 : stride]
            tap = kernel[:, :, i, j]
            result += part * tap[None, :, 0, None, None] if depthwise else np.einsum("oc,bchw->bohw", tap, part)
    return result


def norm(x, name):
    channels = x.shape[1]
    for kind in ("weight", "running_var"):
        weights.setdefault(f"{name}.{kind}", (0.5 + random.random(channels)).astype(np.float16))
    for kind in ("bias", "running_mean"):
        weights.setdefault(f"{name}.{kind}", (0.2 * random.standard_normal(channels)).astype(np.float16))
    gamma, variance, beta, mean = (
        weights[f"{name}.{kind}"].astype(np.float64)[None, :, None, None]
        for kind in ("weight", "running_var", "bias", "running_mean")
    )
    return (x - mean) / np.sqrt(variance + epsilon[name.split(".")[0]]) * gamma + beta


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def hard_sigmoid(x):
    return np.clip(x + 3, 0, 6) / 6


def relu(x):
    return np.maximum(x, 0)


def relu6(x):
    return np.clip(x, 0, 6)


def hard_swish(x):
    return x * hard_sigmoid(x)


def silu(x):
    return x * sigmoid(x)


def same(x):
    return x


def full(x, name, outputs, size=1, stride=1, act=same, norm_name=None):
    y = convolve(x, weight(f"{name}.weight", (outputs, x.shape[1], size, size)), stride)
    return act(norm(y, norm_name))


def pair(x, name, outputs, size=1, stride=1, act=same):
    return full(x, f"{name}.0", outputs, size, stride, act, f"{name}.1")


def depth(x, name, size, stride, act):
    y = convolve(x, weight(f"{name}.0.weight", (x.shape[1], 1, size, size)), stride, depthwise=True)
    return act(norm(y, f"{name}.1"))


def squeeze(x, name, few, act, gate):
    channels = x.shape[1]
    y = x.mean((2, 3), keepdims=True)
    y = act(convolve(y, weight(f"{name}.fc1.weight", (few, channels, 1, 1))) + weight(f"{name}.fc1.bias", (few,))[None, :, None, None])
    y = convolve(y, weight(f"{name}.fc2.weight", (channels, few, 1, 1))) + weight(f"{name}.fc2.bias", (channels,))[None, :, None, None]
    return x * gate(y)


def scaler(factor):
    return lambda channels: max(1, int(channels * factor + 0.5))


def mobilenetv2(x, factor):
    s = scaler(factor)
    x = pair(x, "encoder.features.0", s(32), 3, 2, relu6)
    features, number = [], 0
    for t, c, n, stride in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(n):
            number += 1
            name, y = f"encoder.features.{number}.conv", x
            if t > 1:
                y = pair(y, f"{name}.0", x.shape[1] * t, act=relu6)
            k = int(t > 1)
            y = depth(y, f"{name}.{k}", 3, stride if i == 0 else 1, relu6)
            y = full(y, f"{name}.{k + 1}", s(c), norm_name=f"{name}.{k + 2}")
            x = x + y if x.shape == y.shape else y
            if number in (1, 3, 6, 13):
                features.append(x)
    return [*features, pair(x, "encoder.features.18", s(1280), act=relu6)]


def mobilenetv3(x, factor):
    epsilon["encoder"] = 1e-3
    s = scaler(factor)
    x = pair(x, "encoder.features.0", s(16), 3, 2, hard_swish)
    features, before = [x], 16
    table = """3 16 16 - R 1|3 64 24 - R 2|3 72 24 - R 1|5 72 40 S R 2|5 120 40 S R 1|5 120 40 S R 1|3 240 80 - H 2|3 200 80 - H 1
    |3 184 80 - H 1|3 184 80 - H 1|3 480 112 S H 1|3 672 112 S H 1|5 672 160 S H 2|5 960 160 S H 1|5 960 160 S H 1"""
    for number, row in enumerate(table.split("|"), 1):
        k, wide, c, excited, letter, stride = row.split()
        k, wide, c, stride = int(k), int(wide), int(c), int(stride)
        act = relu if letter == "R" else hard_swish
        name, y, at = f"encoder.features.{number}.block", x, 0
        if wide != before:
            y, at = pair(y, f"{name}.{at}", s(wide), act=act), at + 1
        y, at = depth(y, f"{name}.{at}", k, stride, act), at + 1
        if excited == "S":
            few = s(wide) // 4
            rounded = max(8, int(few + 4) // 8 * 8)
            rounded += 8 if rounded < 0.9 * few else 0
            y, at = squeeze(y, f"{name}.{at}", rounded, relu, hard_sigmoid), at + 1
        y = pair(y, f"{name}.{at}", s(c))
        x = x + y if x.shape == y.shape else y
        before = c
        if number in (3, 6, 12):
            features.append(x)
    return [*features, pair(x, "encoder.features.16", s(960), act=hard_swish)]


def efficientnet(x, factor):
    s = scaler(factor)
    x = pair(x, "encoder.features.0", s(32), 3, 2, silu)
    features = [x]
    table = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1))
    for stage, (t, k, stride, c, n) in enumerate(table, 1):
        for i in range(n):
            name, y, at = f"encoder.features.{stage}.{i}.block", x, 0
            if t > 1:
                y, at = pair(y, f"{name}.{at}", x.shape[1] * t, act=silu), at + 1
            y, at = depth(y, f"{name}.{at}", k, stride if i == 0 else 1, silu), at + 1
            y, at = squeeze(y, f"{name}.{at}", max(1, x.shape[1] // 4), silu, sigmoid), at + 1
            y = pair(y, f"{name}.{at}", s(c))
            x = x + y if x.shape == y.shape else y
        if stage in (2, 3, 5, 7):
            features.append(x)
    return features


ENCODERS = {"mobilenetv2": mobilenetv2, "mobilenetv3-large": mobilenetv3, "efficientnet-b0": efficientnet}


def unet(x, name):
    *skips, x = ENCODERS[name](x, WIDTHS[name])
    for i, outputs in enumerate(DECODER):
        x = x.repeat(2, 2).repeat(2, 3)
        if i < 4:
            x = np.concatenate([x, skips[3 - i]], 1)
        for part in ("conv1", "conv2"):
            x = pair(x, f"decoder.blocks.{i}.{part}", outputs, 3, act=relu)
    head = weight("segmentation_head.0.weight", (CLASSES, DECODER[-1], 3, 3))
    return convolve(x, head) + weight("segmentation_head.0.bias", (CLASSES,))[None, :, None, None]


def count():
    """With the classifiers of 1000 classes; these architectures have the published numbers of parameters."""
    heads = {
        "mobilenetv2": 1280 * 1000 + 1000,
        "mobilenetv3-large": 960 * 1280 + 1280 + 1280 * 1000 + 1000,
        "efficientnet-b0": 320 * 1280 + 2 * 1280 + 1280 * 1000 + 1000,
    }
    for name, encoder in ENCODERS.items():
        weights.clear()
        encoder(image(32, 32), 1)
        trained = sum(values.size for key, values in weights.items() if "running" not in key)
        print(name, trained, trained + heads[name])


if __name__ == "__main__":
    if sys.argv[1:] == ["count"]:
        count()
    else:
        folder, name = sys.argv[1:]
        logits = unet(image(HEIGHT, WIDTH), name).transpose(0, 2, 3, 1).astype(np.float32)
        save(f"{folder}/unet-{name}.safetensors", weights)
        # Every fourth row and column: the repository stays small.
        save(f"{folder}/unet-{name}.expected.safetensors", {"logits": logits[:, ::4, ::4]})
        print(name, np.abs(logits).max(), logits.std())
