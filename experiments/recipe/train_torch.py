"""Trains the recipe of `segloss train --data DIR` in PyTorch, on the tensors of tensors.mjs.

    python3 experiments/recipe/train_torch.py FOLDER --seeds 5

Prints one JSON line for each seed: the foreground Dice of the last weights, from the pixel counts of all validation images, mean over the foreground classes
that some true mask holds. Needs torch and numpy.
"""

import argparse
import json
import pathlib
import sys
import time

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "paper"))
from unet_torch import IGNORED, UNet, cross_entropy, exact_statistics, probabilities, start_at_proportions

WIDTHS = [8, 16, 32, 64, 128]
UPDATES, BATCH, RATE = 1000, 4, 0.005
STATISTICS_IMAGES = 1024


def read_part(folder, part, shape):
    height, width, channels = shape
    images = np.fromfile(folder / f"{part}.images", np.float32).reshape(-1, height, width, channels)
    labels = np.fromfile(folder / f"{part}.labels", np.uint8).reshape(-1, height, width)
    return torch.tensor(images.transpose(0, 3, 1, 2).copy()), torch.tensor(labels.astype(np.int64))


def initialize(model):
    """As tfjs: normal, cut at two standard deviations, which are the square root of 2 / fan-in."""
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            fan_in = module.weight[0].numel()
            std = (2 / fan_in) ** 0.5
            nn.init.trunc_normal_(module.weight, std=std, a=-2 * std, b=2 * std)


def flipped(x, y, random):
    """Each image mirrored along each axis with probability one half."""
    x, y = x.clone(), y.clone()
    for i in range(len(x)):
        for axis in (0, 1):
            if random.random() < 0.5:
                x[i], y[i] = x[i].flip(axis + 1), y[i].flip(axis)
    return x, y


def train(folder, seed):
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    about = json.loads((folder / "set.json").read_text())
    shape, classes, background = about["inputShape"], about["classes"], about["background"]
    images, masks = read_part(folder, "train", shape)
    outputs = 1 if len(classes) == 2 else len(classes)
    model = UNet(shape[2], outputs, WIDTHS)
    initialize(model)
    start_at_proportions(model, masks, outputs)
    epochs, batches = length(len(images))
    optimizer = torch.optim.Adam(model.parameters(), RATE, eps=1e-7)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=epochs * batches, cycle_momentum=False)
    for _ in range(epochs):
        model.train()
        order = torch.tensor(random.permutation(len(images)))
        for at in range(0, len(images), BATCH):
            chosen = order[at : at + BATCH]
            x, y = flipped(images[chosen], masks[chosen], random)
            optimizer.zero_grad()
            cross_entropy(model(x), y).backward()
            optimizer.step()
            schedule.step()
    exact_statistics(model, images[torch.tensor(random.permutation(len(images))[:STATISTICS_IMAGES])], BATCH)
    trainable = sum(weight.numel() for weight in model.parameters())
    buffers = sum(module.num_features * 2 for module in model.modules() if isinstance(module, nn.BatchNorm2d))
    if trainable + buffers != about["parameters"]:
        raise ValueError(f"{trainable + buffers} parameters here, {about['parameters']} in segloss")
    return foreground_dice(model, *read_part(folder, "val", shape), classes, background)


def length(images):
    """Epochs whose updates come closest to the budget, at least one; updates of an epoch."""
    batches = -(-images // BATCH)
    return max(1, round(UPDATES / batches)), batches


def foreground_dice(model, images, masks, classes, background):
    with torch.no_grad():
        soft = torch.cat([probabilities(model(images[at : at + 16])) for at in range(0, len(images), 16)])
    if len(classes) == 2:
        soft = torch.cat([1 - soft, soft], 1)
    labels, valid = soft.argmax(1), masks != IGNORED
    scores = []
    for k in range(len(classes)):
        p, q = (labels == k) & valid, masks == k
        if k != background and q.any():
            scores.append((2 * (p & q).sum() / (p.sum() + q.sum())).item())
    return float(np.mean(scores))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", type=pathlib.Path, nargs="+")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for seed in range(options.seeds):
        for folder in options.folders:
            start = time.time()
            dice = train(folder, seed)
            print(json.dumps({"data": folder.name, "seed": seed, "foregroundDice": dice, "seconds": round(time.time() - start)}), flush=True)


if __name__ == "__main__":
    main()
