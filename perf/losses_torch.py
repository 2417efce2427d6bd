"""PyTorch's side of losses.mjs: eager, one thread."""
import json
import sys

import torch
import torch.nn.functional as F

from torch_server import serve

torch.set_num_threads(1)
case = json.loads(sys.argv[1])
size, classes = case["size"], case["classes"]
index = torch.arange(size) // 32
labels = ((7 * index[:, None] + 3 * index[None, :]) % max(2, classes))[None]
logits = (2 * torch.randn(1, classes, size, size, generator=torch.Generator().manual_seed(1))).requires_grad_()
onehot = F.one_hot(labels, classes).permute(0, 3, 1, 2).float() if classes > 1 else labels[:, None].float()


def cross_entropy():
    if classes == 1:
        return F.binary_cross_entropy_with_logits(logits, onehot)
    return F.cross_entropy(logits, labels)


def probabilities(temperature=1.0):
    return torch.sigmoid(temperature * logits) if classes == 1 else torch.softmax(temperature * logits, 1)


def l1(temperature):
    return (probabilities(temperature).mean((2, 3)) - onehot.mean((2, 3))).abs().mean()


def dice():
    s = probabilities()
    overlap = (s * onehot).sum((2, 3))
    return (1 - (2 * overlap + 1) / (s.sum((2, 3)) + onehot.sum((2, 3)) + 1)).mean()


def focal():
    ce = F.binary_cross_entropy_with_logits(logits, onehot, reduction="none")
    return ((1 - torch.exp(-ce)) ** 2 * ce).mean()


LOSSES = {
    "ce": cross_entropy,
    "ce + l1": lambda: cross_entropy() + l1(1.0),
    "ce + l1(temperature=10)": lambda: cross_entropy() + l1(10.0),
    "dice": dice,
    "ce + dice": lambda: cross_entropy() + dice(),
    "focal(activation=sigmoid)": focal,
}
loss = LOSSES[case["loss"]]


def step():
    logits.grad = None
    loss().backward()


serve(step, warm_up=5)
