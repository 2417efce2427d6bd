"""Trains the network of claims-long.yaml in PyTorch, with the same recipe, as a yardstick for segloss.

    python3 experiments/paper/unet_torch.py replication/data/nuclei --loss ce --seeds 5

The folder is one that `segloss replicate paper` has prepared. Prints one JSON line for each seed: Dice of the mask (mean over cases of the mean over
the foreground classes), soft and hard p/q (geometric mean over the foreground classes). Needs torch, numpy and pillow.
"""

import argparse
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

IGNORED = 255


def read_part(folder, part, limit):
    names = (folder / f"{part}.txt").read_text().split()
    if len(names) > limit:
        names = [names[i * len(names) // limit] for i in range(limit)]
    images = [np.atleast_3d(np.asarray(Image.open(folder / "images" / name), np.float32) / 255) for name in names]
    masks = [np.asarray(Image.open(folder / "masks" / name)).astype(np.int64) for name in names]
    return torch.tensor(np.stack(images).transpose(0, 3, 1, 2)), torch.tensor(np.stack(masks))


def double_convolution(inputs, outputs):
    layers = []
    for channels in (inputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs, eps=1e-3), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self, inputs, outputs, widths):
        super().__init__()
        pairs = list(zip(widths, widths[1:]))
        self.down = nn.ModuleList([double_convolution(a, b) for a, b in [(inputs, widths[0]), *pairs]])
        self.up = nn.ModuleList([nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in reversed(pairs)])
        self.merge = nn.ModuleList([double_convolution(2 * a, a) for a, _ in reversed(pairs)])
        self.head = nn.Conv2d(widths[0], outputs, 1)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.kaiming_normal_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x):
        skips = []
        for level, block in enumerate(self.down):
            if level > 0:
                skips.append(x)
                x = F.max_pool2d(x, 2)
            x = block(x)
        for up, merge in zip(self.up, self.merge):
            x = merge(torch.cat([skips.pop(), up(x)], 1))
        return self.head(x)


def one_hot(masks, outputs):
    """Truth of each channel, and 1 where a pixel counts."""
    valid = (masks != IGNORED).float()[:, None]
    if outputs == 1:
        return (masks == 1).float()[:, None] * valid, valid
    return F.one_hot(masks.clamp(0, outputs - 1), outputs).permute(0, 3, 1, 2).float() * valid, valid


def probabilities(logits):
    return torch.sigmoid(logits) if logits.shape[1] == 1 else torch.softmax(logits, 1)


def cross_entropy(logits, masks):
    if logits.shape[1] > 1:
        return F.cross_entropy(logits, masks, ignore_index=IGNORED)
    truth, valid = one_hot(masks, 1)
    return (F.binary_cross_entropy_with_logits(logits, truth, reduction="none") * valid).sum() / valid.sum()


def dice_loss(logits, masks):
    truth, valid = one_hot(masks, logits.shape[1])
    soft = probabilities(logits) * valid
    overlap, total = (soft * truth).sum((2, 3)), soft.sum((2, 3)) + truth.sum((2, 3))
    return (1 - (2 * overlap + 1) / (total + 1)).mean()


LOSSES = {"ce": cross_entropy, "dice": dice_loss, "ce + dice": lambda z, y: cross_entropy(z, y) + dice_loss(z, y)}


def start_at_proportions(model, masks, outputs):
    counts = torch.bincount(masks[masks != IGNORED], minlength=max(2, outputs)).float()
    share = counts / counts.sum()
    with torch.no_grad():
        model.head.bias.copy_(torch.log(share[1:] / share[:1]) if outputs == 1 else torch.log(share))


def exact_statistics(model, images, batch_size):
    """Averages of the batches' statistics in place of running ones; model is left in evaluation mode."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    model.train()
    with torch.no_grad():
        for at in range(0, len(images), batch_size):
            model(images[at : at + batch_size])
    model.eval()


def train(folder, loss, seed, options):
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    images, masks = read_part(folder, "train", options.limit)
    classes = (folder / "classes.txt").read_text().split("\n")[:-1]
    outputs = 1 if len(classes) == 2 else len(classes)
    model = UNet(images.shape[1], outputs, options.widths)
    start_at_proportions(model, masks, outputs)
    optimizer = torch.optim.Adam(model.parameters(), options.learning_rate, eps=1e-7)
    steps, step = options.epochs * math.ceil(len(images) / options.batch_size), 0
    for _ in range(options.epochs):
        model.train()
        order = torch.tensor(random.permutation(len(images)))
        for at in range(0, len(images), options.batch_size):
            x, y = images[order[at : at + options.batch_size]].clone(), masks[order[at : at + options.batch_size]].clone()
            for i in range(len(x)):
                for axis in (0, 1):
                    if random.random() < 0.5:
                        x[i], y[i] = x[i].flip(axis + 1), y[i].flip(axis)
            for group in optimizer.param_groups:
                group["lr"] = options.learning_rate * (1 - step / steps) ** 0.9
            optimizer.zero_grad()
            LOSSES[loss](model(x), y).backward()
            optimizer.step()
            step += 1
    exact_statistics(model, images[torch.tensor(random.permutation(len(images)))], options.batch_size)
    return score(model, *read_part(folder, "val", options.limit), classes)


def score(model, images, masks, classes):
    with torch.no_grad():
        soft = probabilities(model(images))
    if len(classes) == 2:
        soft = torch.cat([1 - soft, soft], 1)
    valid = masks != IGNORED
    labels = soft.argmax(1)
    background = None if classes[0] in ("sky", "road") else 0
    foreground = [k for k in range(len(classes)) if k != background]
    cases = []
    for predicted, truth, counts in zip(labels, masks, valid):
        dice = []
        for k in foreground:
            p, q = (predicted == k) & counts, (truth == k) & counts
            if p.any() or q.any():
                dice.append((2 * (p & q).sum() / (p.sum() + q.sum())).item())
        if dice:
            cases.append(np.mean(dice))
    there = [k for k in foreground if (masks == k).any()]
    ratio = lambda of: math.exp(np.mean([math.log(max(1e-9, of(k))) for k in there]))
    q = lambda k: ((masks == k) & valid).sum().item()
    return {
        "dice": float(np.mean(cases)),
        "soft": ratio(lambda k: (soft[:, k] * valid).sum().item() / q(k)),
        "hard": ratio(lambda k: ((labels == k) & valid).sum().item() / q(k)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--loss", choices=LOSSES, default="ce")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--limit", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=0.005)
    parser.add_argument("--widths", type=lambda text: [int(w) for w in text.split(",")], default=[8, 16, 32])
    options = parser.parse_args()
    for seed in range(options.seeds):
        print(json.dumps({"set": options.folder.name, "loss": options.loss, "seed": seed, **train(options.folder, options.loss, seed, options)}))


if __name__ == "__main__":
    main()
