"""PyTorch's side of networks.mjs and backends.mjs: a training step and a prediction of a network, eager, in both layouts of memory."""
import json
import os
import sys

import torch
from torch import nn

from torch_server import serve

case = json.loads(sys.argv[1])
options, batch = case["options"], case["batch"]
torch.set_num_threads(case["threads"])
torch.manual_seed(1)
*space, channels = options["inputShape"]
outputs = options["outputs"]
volume = len(space) == 3
LAYOUTS = {
    "contiguous": torch.contiguous_format,
    "channels-last": torch.channels_last_3d if volume else torch.channels_last,
}


class Unet(nn.Module):
    """unet() of @segloss/models, of images or volumes, with batch normalization or none."""

    def __init__(self, widths, norm):
        super().__init__()
        self.down = nn.ModuleList(block(a, b, norm) for a, b in zip([channels, *widths], widths))
        self.pool = nn.MaxPool3d(2) if volume else nn.MaxPool2d(2)
        deep = list(reversed(widths))
        transposed = nn.ConvTranspose3d if volume else nn.ConvTranspose2d
        self.up = nn.ModuleList(transposed(a, b, 2, 2) for a, b in zip(deep, deep[1:]))
        self.join = nn.ModuleList(block(2 * b, b, norm) for b in deep[1:])
        self.head = convolution(widths[0], outputs, 1)

    def forward(self, x):
        skips = []
        for i, down in enumerate(self.down):
            x = down(x if i == 0 else self.pool(x))
            skips.append(x)
        for skip, up, join in zip(reversed(skips[:-1]), self.up, self.join):
            x = join(torch.cat([skip, up(x)], 1))
        return self.head(x)


def convolution(inputs, filters, size, bias=True):
    return (nn.Conv3d if volume else nn.Conv2d)(inputs, filters, size, padding=size // 2, bias=bias)


def block(inputs, filters, norm):
    made = []
    for _ in range(2):
        made.append(convolution(inputs, filters, 3, bias=norm == "none"))
        if norm == "batch":
            made.append((nn.BatchNorm3d if volume else nn.BatchNorm2d)(filters))
        made.append(nn.ReLU(inplace=True))
        inputs = filters
    return nn.Sequential(*made)


def build():
    if case["network"] == "unet":
        return Unet(options["widths"], options["norm"])
    # The network whose numbers the tests of @segloss/models compare with.
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../packages/models/test/torch"))
    import decoders

    return decoders.unet(options["encoder"], outputs=outputs)


def works_of(layout):
    """Both works of a network of its own in this layout."""
    model = build().to(memory_format=LAYOUTS[layout])
    images = torch.rand(batch, channels, *space).to(memory_format=LAYOUTS[layout])
    labels = torch.randint(0, max(2, outputs), (batch, *space))
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def loss(logits):
        if outputs > 1:
            return nn.functional.cross_entropy(logits, labels)
        return nn.functional.binary_cross_entropy_with_logits(logits[:, 0], labels.float())

    def step():
        model.train()
        optimizer.zero_grad(set_to_none=True)
        loss(model(images)).backward()
        optimizer.step()

    def prediction():
        model.eval()
        with torch.inference_mode():
            model(images)

    def parameters():
        return sum(parameter.numel() for parameter in model.parameters())

    return step, prediction, parameters


works = {}
for name in case.get("layouts", ["contiguous"]):
    step, prediction, parameters = works_of(name)
    works[f"step, {name}"] = step
    works[f"prediction, {name}"] = prediction
serve(works, warm_up=2, answers={"parameters": parameters})
