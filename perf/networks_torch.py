"""PyTorch's side of training.mjs: eager."""
import json
import sys

import torch
from torch import nn

from torch_server import serve

case = json.loads(sys.argv[1])
torch.set_num_threads(case["threads"])
torch.manual_seed(1)
height, width, channels = case["net"]["inputShape"]
outputs, widths = case["net"]["outputs"], case["net"]["widths"]
norm = case["net"]["norm"] == "batch"


def block(inputs, filters):
    made = []
    for _ in range(2):
        made.append(nn.Conv2d(inputs, filters, 3, padding=1, bias=not norm))
        if norm:
            made.append(nn.BatchNorm2d(filters))
        made.append(nn.ReLU())
        inputs = filters
    return nn.Sequential(*made)


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList(block(a, b) for a, b in zip([channels, *widths], widths))
        self.pool = nn.MaxPool2d(2)
        deep = list(reversed(widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, 2) for a, b in zip(deep, deep[1:]))
        self.join = nn.ModuleList(block(2 * b, b) for b in deep[1:])
        self.head = nn.Conv2d(widths[0], outputs, 1)

    def forward(self, x):
        skips = []
        for i, down in enumerate(self.down):
            x = down(x if i == 0 else self.pool(x))
            skips.append(x)
        for skip, up, join in zip(reversed(skips[:-1]), self.up, self.join):
            x = join(torch.cat([skip, up(x)], 1))
        return self.head(x)


model = Unet()
images = torch.rand(case["batch"], channels, height, width)
labels = torch.randint(0, max(2, outputs), (case["batch"], height, width))
loss = nn.CrossEntropyLoss() if outputs > 1 else lambda z, y: nn.functional.binary_cross_entropy_with_logits(z[:, 0], y.float())
optimizer = torch.optim.Adam(model.parameters(), 1e-3)


def step():
    optimizer.zero_grad()
    loss(model(images), labels).backward()
    optimizer.step()


serve(step, warm_up=2)
