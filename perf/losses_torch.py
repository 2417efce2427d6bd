"""PyTorch's side of losses.mjs: eager, one thread, each loss as one would write it for the same formula."""
import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F

from torch_server import serve

torch.set_num_threads(1)
case = json.loads(sys.argv[1])
size, classes = case["size"], case["classes"]
index = torch.arange(size) // 32
labels = ((7 * index[:, None] + 3 * index[None, :]) % max(2, classes))[None]


def scores():
    """The numbers of losses-worker.mjs, [1, classes, size, size]."""
    h = np.arange(size * size * classes, dtype=np.uint32)
    for _ in range(2):
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x45D9F3B)
    h = h ^ (h >> np.uint32(16))
    bytes_ = sum((h >> np.uint32(shift)) & np.uint32(255) for shift in (0, 8, 16, 24))
    values = ((bytes_.astype(np.float64) - 510) / 73.9).astype(np.float32)
    return torch.from_numpy(values.reshape(1, size, size, classes)).permute(0, 3, 1, 2).contiguous().to(labels.device)


logits = scores().requires_grad_()
onehot = F.one_hot(labels, classes).permute(0, 3, 1, 2).float() if classes > 1 else labels[:, None].float()


def cross_entropy(**options):
    if classes == 1:
        return F.binary_cross_entropy_with_logits(logits, onehot, **options)
    return F.cross_entropy(logits, labels, **options)


def probabilities(temperature=1.0):
    return torch.sigmoid(temperature * logits) if classes == 1 else torch.softmax(temperature * logits, 1)


def l1(temperature):
    return (probabilities(temperature).mean((2, 3)) - onehot.mean((2, 3))).abs().mean()


def dice():
    s = probabilities()
    overlap = (s * onehot).sum((2, 3))
    return (1 - (2 * overlap + 1) / (s.sum((2, 3)) + onehot.sum((2, 3)) + 1)).mean()


def tversky(alpha=0.7, beta=0.3):
    s = probabilities()
    overlap = (s * onehot).sum((2, 3))
    below = overlap + alpha * (s.sum((2, 3)) - overlap) + beta * (onehot.sum((2, 3)) - overlap)
    return (1 - (overlap + 1) / (below + 1)).mean()


def focal_sigmoid():
    ce = F.binary_cross_entropy_with_logits(logits, onehot, reduction="none")
    return ((1 - torch.exp(-ce)) ** 2 * ce).mean()


def focal():
    ce = cross_entropy(reduction="none")
    return ((1 - torch.exp(-ce)) ** 2 * ce).mean()


def poly(epsilon=1.0):
    ce = cross_entropy(reduction="none")
    return (ce + epsilon * (1 - torch.exp(-ce))).mean()


def gce(q=0.7):
    p = torch.exp(-cross_entropy(reduction="none"))
    return ((1 - p**q) / q).mean()


def top_k(percent=10):
    ce = cross_entropy(reduction="none").flatten()
    return ce.topk(math.ceil(percent * ce.numel() / 100), sorted=False).values.mean()


def ohem(threshold=0.7, kept=100_000):
    ce = cross_entropy(reduction="none").flatten()
    with torch.no_grad():
        p = torch.exp(-ce)
        limit = p.kthvalue(min(kept + 1, p.numel())).values.clamp(min=threshold)
    return ce[p < limit].mean()


def threshold_ce(threshold=0.7):
    ce = cross_entropy(reduction="none").flatten()
    with torch.no_grad():
        hard = torch.exp(-ce) < threshold
    return ce[hard].mean()


def mcc(smooth=1e-5):
    s = probabilities()
    n = size * size
    count = lambda a, b: ((a * b).sum((2, 3)) + smooth) / n  # noqa: E731
    tp, fp, fn, tn = count(s, onehot), count(s, 1 - onehot), count(1 - s, onehot), count(1 - s, 1 - onehot)
    below = torch.sqrt((tp + fp) * (tp + fn)) * torch.sqrt((tn + fp) * (tn + fn))
    return (1 - (tp * tn - fp * fn) / below).mean()


def lovasz():
    s = probabilities()[0].flatten(1)
    losses = []
    for k in labels.unique():
        y = (labels.flatten() == k).float()
        errors, order = (y - s[k]).abs().sort(descending=True)
        y = y[order]
        jaccard = 1 - (y.sum() - y.cumsum(0)) / (y.sum() + (1 - y).cumsum(0))
        slopes = torch.cat((jaccard[:1], jaccard[1:] - jaccard[:-1]))
        losses.append(torch.dot(errors, slopes))
    return torch.stack(losses).mean()


LOSSES = {
    "ce": cross_entropy,
    "ce(labelSmoothing=0.1)": lambda: cross_entropy(label_smoothing=0.1),
    "ce + l1": lambda: cross_entropy() + l1(1.0),
    "ce + l1(temperature=10)": lambda: cross_entropy() + l1(10.0),
    "dice": dice,
    "ce + dice": lambda: cross_entropy() + dice(),
    "tversky(alpha=0.7,beta=0.3)": tversky,
    "focal(activation=sigmoid)": focal_sigmoid,
    "focal": focal,
    "poly": poly,
    "gce": gce,
    "topk": top_k,
    "ohem": ohem,
    "threshold-ce": threshold_ce,
    "mcc": mcc,
    "lovasz": lovasz,
}
loss = LOSSES[case["loss"]]


def step():
    logits.grad = None
    loss().backward()


def check():
    """The value, and the root of the mean square of the gradient times the pixels."""
    logits.grad = None
    value = loss()
    value.backward()
    return {"value": value.item(), "gradient": size * size * logits.grad.double().square().mean().sqrt().item()}


serve(step, warm_up=3, answers={"check": check})
