"""Compares the networks of this package with PyTorch and torchvision: random weights, and what PyTorch computes with them.

    python3 networks.py                 computes the files of this folder again: FILE, greatest difference; exit code 1 if one is above 1e-5
    python3 networks.py write           writes them; weights that are there are kept
    python3 networks.py full FOLDER     writes the networks of full width, NAME.safetensors and NAME.expected.safetensors
    python3 networks.py facts           prints the numbers of parameters as JSON: published with torchvision's weights, of its networks, of these

NAME.safetensors.gz has weights under the names of torchvision and segmentation_models.pytorch; NAME.expected.safetensors.gz has the logits of
image() in prediction and, of narrow networks, the length of the gradient of mean(logits^2) / 2 in training, of an image() twice as high and wide,
by each parameter in the order of the sorted names: all computed in float64. networks.json lists the networks; its seeds are ones with which PyTorch's own
float32 comes close to its float64, as few values are near the corners of ReLU6 and hard swish.
"""

import json
import os
import sys

import torch
from torch import nn
from torchvision import models
from torchvision.models.resnet import BasicBlock, Bottleneck

from decoders import DECODERS, network
from encoders import TITLES, whole
from files import DTYPES, image, load, save

HERE = os.path.dirname(os.path.abspath(__file__))
TOLERANCE = 1e-5


def last_norm(block):
    """The normalization before a block's sum."""
    if isinstance(block, BasicBlock):
        return block.bn2
    if isinstance(block, Bottleneck):
        return block.bn3
    return [part for part in block.modules() if isinstance(part, nn.BatchNorm2d)][-1]


def randomize(net, x, dtype, seed=2):
    """Statistics that fit the input and small residuals, so that rounding is not magnified; values that the type can hold."""
    generator = torch.Generator().manual_seed(seed)
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
        if isinstance(module, (BasicBlock, Bottleneck)) or getattr(module, "use_res_connect", False):
            last_norm(module).weight.data.mul_(0.3)
    with torch.no_grad():
        net.train()(x)
        for tensor in net.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.to(dtype).float())


def take(net, tensors):
    """Loads weights; names and shapes must be those of the network."""
    found = net.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, strict=False)
    missing = [name for name in found.missing_keys if not name.endswith("num_batches_tracked")]
    if missing or found.unexpected_keys:
        raise SystemExit(f"other weights than those of the network: missing {missing}, unused {found.unexpected_keys}")


def computed(net, size, every=1, training=False):
    height, width = size
    net.double()
    with torch.no_grad():
        logits = net.eval()(image(height, width).double()).permute(0, 2, 3, 1)
    result = {"logits": logits[:, ::every, ::every].float()}
    if training:
        for part in net.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.eps = 1e-5  # timm's and ours; torchvision has 1e-3 in MobileNetV3, which matters in training
        logits = net.train()(image(2 * height, 2 * width).double())
        (logits.square().mean() / 2).backward()
        lengths = [parameter.grad.norm() for _, parameter in sorted(net.named_parameters())]
        result["gradientLengths"] = torch.stack(lengths).float()
    return result


def listed(kind):
    with open(os.path.join(HERE, "networks.json")) as file:
        return json.load(file)[kind]


def path_of(name):
    return os.path.join(HERE, f"{name}.safetensors.gz")


def check():
    """The greatest difference of each file to what it should hold, relative to its greatest value if that is above 1."""
    greatest = 0
    for one in listed("narrow"):
        name, net = one["name"], network(one["name"], **one["options"])
        take(net, load(path_of(name)))
        expected = load(path_of(f"{name}.expected"))
        for key, values in computed(net, one["size"], one.get("every", 1), training=True).items():
            error = ((values - expected[key]).abs().max() / max(1, expected[key].abs().max())).item()
            print(f"{name} {key} {error:.1e}")
            greatest = max(greatest, error)
    return greatest <= TOLERANCE


def write():
    for one in listed("narrow"):
        name, net = one["name"], network(one["name"], **one["options"])
        height, width = one["size"]
        if os.path.exists(path_of(name)):
            take(net, load(path_of(name)))
        else:
            dtype = DTYPES[one["dtype"]]
            randomize(net, image(2 * height, 2 * width), dtype, one.get("seed", 2))
            save(path_of(name), stored(net, dtype))
        expected = computed(net, one["size"], one.get("every", 1), training=True)
        save(path_of(f"{name}.expected"), expected)


def stored(net, dtype):
    counters = "num_batches_tracked"
    return {key: value.to(dtype) for key, value in net.state_dict().items() if not key.endswith(counters)}


def full(folder):
    for one in listed("full"):
        name, net = one["name"], network(one["name"])
        randomize(net, image(*one["size"]), torch.float16)
        # With the counters of batches, which readers of files leave out.
        state = net.state_dict()
        save(f"{folder}/{name}.safetensors", {**state, **stored(net, torch.float16)})
        save(f"{folder}/{name}.expected.safetensors", computed(net, one["size"], one.get("every", 1)))


def count(net):
    return sum(parameter.numel() for parameter in net.parameters())


def facts():
    encoders = {}
    for name, title in TITLES.items():
        weights = getattr(models, f"{title}_Weights").IMAGENET1K_V1
        encoders[name] = {
            "published": weights.meta["num_params"],
            "complete": count(whole(name)),
        }
    names = [f"{decoder}-{body}" for decoder in DECODERS for body in TITLES]
    known = [name for name in names if not (name.startswith("deeplab") and "resnet" not in name)]
    return {"encoders": encoders, "networks": {name: count(network(name)) for name in known}}


if __name__ == "__main__":
    torch.manual_seed(0)
    command, *rest = sys.argv[1:] or ["check"]
    if command == "check" and not rest:
        sys.exit(0 if check() else 1)
    elif command == "write" and not rest:
        write()
    elif command == "full" and len(rest) == 1:
        full(*rest)
    elif command == "facts" and not rest:
        print(json.dumps(facts()))
    else:
        sys.exit(__doc__)
