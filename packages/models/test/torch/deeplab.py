"""Writes a narrow DeepLabV3+ with random weights, and what it computes, for test/deeplab.test.ts: in float64, with numpy alone.

    python3 deeplab.py FOLDER resnet18|resnet50

FOLDER/deeplabv3plus-NAME.safetensors has the weights under the names of torchvision and of segmentation_models.pytorch's DeepLabV3Plus, each drawn
here by its shape there, in half precision; FOLDER/deeplabv3plus-NAME.expected.safetensors has the logits of the image of networks.py's input().
"""

import sys

import numpy as np

from files import image, save

HEIGHT, WIDTH, ENCODER_WIDTH, CHANNELS, RATES, FINE, CLASSES = 96, 128, 2, 6, (1, 2, 3), 48, 3
COUNTS = {"resnet18": (2, 2, 2, 2), "resnet50": (3, 4, 6, 3)}

random = np.random.default_rng(20260101)
weights = {}


def weight(name, shape, scale=1.0):
    if name not in weights:
        fan = np.prod(shape[1:])
        weights[name] = (scale * random.standard_normal(shape) * np.sqrt(2 / fan)).astype(np.float16)
    return weights[name].astype(np.float64)


def convolve(x, kernel, stride=1, dilation=1, groups=1):
    """x [B, C, H, W], kernel [O, C / groups, k, k]; zeros beyond the image, so that a stride of 1 keeps the size."""
    outputs, _, size, _ = kernel.shape
    pad = dilation * (size // 2)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    height = (x.shape[2] + 2 * pad - dilation * (size - 1) - 1) // stride + 1
    width = (x.shape[3] + 2 * pad - dilation * (size - 1) - 1) // stride + 1
    result = np.zeros((x.shape[0], outputs, height, width))
    for i in range(size):
        for j in range(size):
            rows = slice(i * dilation, i * dilation + stride * (height - 1) + 1, stride)
            columns = slice(j * dilation, j * dilation + stride * (width - 1) + 1, stride)
            part = padded[:, :, rows, columns]
            tap = kernel[:, :, i, j]
            result += part * tap[None, :, 0, None, None] if groups > 1 else np.einsum("oc,bchw->bohw", tap, part)
    return result


def conv(x, name, outputs, size, **options):
    inputs = 1 if options.get("groups", 1) > 1 else x.shape[1]
    return convolve(x, weight(f"{name}.weight", (outputs, inputs, size, size)), **options)


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
    return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta


def relu(x):
    return np.maximum(x, 0)


def separable(x, name, norm_name, outputs, dilation=1):
    x = conv(x, f"{name}.0", x.shape[1], 3, groups=x.shape[1], dilation=dilation)
    return relu(norm(conv(x, f"{name}.1", outputs, 1), norm_name))


def block(x, name, width, stride, dilation, bottleneck):
    if bottleneck:
        y = relu(norm(conv(x, f"{name}.conv1", width, 1), f"{name}.bn1"))
        y = relu(norm(conv(y, f"{name}.conv2", width, 3, stride=stride, dilation=dilation), f"{name}.bn2"))
        y = norm(conv(y, f"{name}.conv3", 4 * width, 1), f"{name}.bn3")
    else:
        y = relu(norm(conv(x, f"{name}.conv1", width, 3, stride=stride, dilation=dilation), f"{name}.bn1"))
        y = norm(conv(y, f"{name}.conv2", width, 3, dilation=dilation), f"{name}.bn2")
    if x.shape != y.shape:
        x = norm(conv(x, f"{name}.downsample.0", y.shape[1], 1, stride=stride), f"{name}.downsample.1")
    return relu(x + y)


def encoder(x, name):
    """Features at 1/4 and at 1/16: the strides of layer4 are dilations."""
    x = relu(norm(conv(x, "encoder.conv1", ENCODER_WIDTH, 7, stride=2), "encoder.bn1"))
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = [padded[:, :, i : i + x.shape[2] : 2, j : j + x.shape[3] : 2] for i in range(3) for j in range(3)]
    x = np.max(windows, axis=0)
    fine = None
    for layer, count in enumerate(COUNTS[name]):
        for i in range(count):
            stride = 2 if i == 0 and layer in (1, 2) else 1
            dilation = 2 if layer == 3 else 1
            x = block(x, f"encoder.layer{layer + 1}.{i}", ENCODER_WIDTH * 2**layer, stride, dilation, name == "resnet50")
        fine = x if layer == 0 else fine
    return fine, x


def enlarge(x, factor):
    """Bilinear, corners on corners."""
    for axis in (2, 3):
        size = x.shape[axis]
        places = np.arange(factor * size) * (size - 1) / (factor * size - 1)
        low = np.minimum(np.floor(places).astype(int), size - 2)
        share = (places - low).reshape([-1 if i == axis else 1 for i in range(4)])
        x = np.take(x, low, axis) * (1 - share) + np.take(x, low + 1, axis) * share
    return x


def deeplab(x, name):
    fine, coarse = encoder(x, name)
    aspp = "decoder.aspp.0"
    branches = [relu(norm(conv(coarse, f"{aspp}.convs.0.0", CHANNELS, 1), f"{aspp}.convs.0.1"))]
    for i, rate in enumerate(RATES):
        branches.append(separable(coarse, f"{aspp}.convs.{i + 1}.0", f"{aspp}.convs.{i + 1}.1", CHANNELS, rate))
    mean = coarse.mean((2, 3), keepdims=True)
    mean = relu(norm(conv(mean, f"{aspp}.convs.4.1", CHANNELS, 1), f"{aspp}.convs.4.2"))
    branches.append(np.broadcast_to(mean, branches[0].shape))
    x = relu(norm(conv(np.concatenate(branches, 1), f"{aspp}.project.0", CHANNELS, 1), f"{aspp}.project.1"))
    x = enlarge(separable(x, "decoder.aspp.1", "decoder.aspp.2", CHANNELS), 4)
    fine = relu(norm(conv(fine, "decoder.block1.0", FINE, 1), "decoder.block1.1"))
    x = separable(np.concatenate([x, fine], 1), "decoder.block2.0", "decoder.block2.1", CHANNELS)
    bias = weight("segmentation_head.0.bias", (CLASSES,), 0.1)
    return enlarge(conv(x, "segmentation_head.0", CLASSES, 1) + bias[None, :, None, None], 4)


if __name__ == "__main__":
    folder, name = sys.argv[1:]
    logits = deeplab(image(HEIGHT, WIDTH), name).transpose(0, 2, 3, 1).astype(np.float32)
    save(f"{folder}/deeplabv3plus-{name}.safetensors", weights)
    # Every fourth row and column: the repository stays small.
    save(f"{folder}/deeplabv3plus-{name}.expected.safetensors", {"logits": logits[:, ::4, ::4]})
