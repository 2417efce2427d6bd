"""Compares claims-long with what unet_torch.py reached, as README.md says, and prints the table of docs/evidence.md.

    python3 experiments/paper/against_torch.py experiments/paper/results/torch.jsonl

Needs numpy and scipy.
"""

import gzip
import json
import math
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "recipe"))
from compare import holm, welch

LOSSES = ("ce", "dice", "ce + dice")


def dice_of(overlap, predicted, target):
    return 2 * overlap / (predicted + target)


def scores(row, about):
    """As unet_torch.py's score(), from the counts of a run."""
    foreground = [k for k in range(len(about["classes"])) if k != about["background"]]
    cases = []
    for case, truth in zip(row["cases"], about["cases"]):
        dice = [
            dice_of(case["overlap"][k], case["predicted"][k], truth["target"][k])
            for k in foreground
            if case["predicted"][k] or truth["target"][k]
        ]
        if dice:
            cases.append(np.mean(dice))
    total = lambda field, of, k: sum(each[field][k] for each in of)
    there = [k for k in foreground if total("target", about["cases"], k)]
    ratio = lambda field: math.exp(
        np.mean([math.log(max(1e-9, total(field, row["cases"], k)) / total("target", about["cases"], k)) for k in there])
    )
    return {"dice": float(np.mean(cases)), "soft": ratio("soft"), "hard": ratio("predicted")}


def main():
    with gzip.open(HERE / "results/claims-long.json.gz") as file:
        plan = json.load(file)
    torch = [json.loads(line) for line in open(sys.argv[1])]
    cells = [(name, loss) for name in plan["sets"] for loss in LOSSES]
    ours = {
        (name, loss): [
            scores(row, plan["sets"][name])
            for row in plan["rows"]
            if (row["labels"]["data"], row["labels"]["loss"]) == (name, loss)
        ]
        for name, loss in cells
    }
    theirs = {(name, loss): [row for row in torch if (row["set"], row["loss"]) == (name, loss)] for name, loss in cells}
    dice = lambda rows: [row["dice"] for row in rows]
    tests = [welch(dice(ours[cell]), dice(theirs[cell])) for cell in cells]
    adjusted = holm([p for *_, p in tests])
    print("| data set | loss | Dice, segloss | Dice, PyTorch | difference, 95 % interval | p (Holm) | soft p/q, both | hard p/q, both |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for cell, (difference, low, high, _), p in zip(cells, tests, adjusted):
        sides = (ours[cell], theirs[cell])
        points = [100 * np.array(dice(rows)) for rows in sides]
        row = [cell[0], f"`{cell[1]}`", *(f"{each.mean():.1f} ± {each.std(ddof=1):.1f}" for each in points)]
        row += [f"{100 * difference:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})", f"{p:.2f}"]
        row += [", ".join(f"{np.mean([each[key] for each in rows]):.2f}" for rows in sides) for key in ("soft", "hard")]
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
