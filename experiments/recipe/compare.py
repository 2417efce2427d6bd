"""Compares the scores of pytorch.yaml with those of train_torch.py as README.md says; writes pytorch.csv and prints the table of docs/training.md.

    python3 experiments/recipe/compare.py BENCHMARK TORCH.jsonl
    python3 experiments/recipe/compare.py experiments/recipe/pytorch.csv

Needs numpy and scipy.
"""

import csv
import json
import pathlib
import sys

import numpy as np
from scipy import stats

SIDES = ("segloss", "PyTorch")
COLUMNS = ("data", "seed", "side", "foregroundDice", "seconds")


def segloss_scores(benchmark):
    for line in (benchmark / "plan.jsonl").read_text().splitlines():
        cell = json.loads(line)
        (run,) = benchmark.glob(f"runs/*-{cell['id']}")
        last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
        yield cell["labels"]["data"], int(cell["labels"]["seed"]), last["val"]["foregroundDice"], seconds_of(run)


def seconds_of(run):
    return round(json.loads((run / "time.json").read_text())["seconds"])


def read(arguments):
    if len(arguments) == 1:
        return list(csv.DictReader(open(arguments[0])))
    benchmark, torch = map(pathlib.Path, arguments)
    rows = [dict(zip(COLUMNS, (data, seed, "segloss", dice, time))) for data, seed, dice, time in segloss_scores(benchmark)]
    return rows + [{**json.loads(line), "side": "PyTorch"} for line in torch.read_text().splitlines()]


def write(rows, file):
    with open(file, "w", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "foregroundDice": f"{row['foregroundDice']:.6f}"} for row in rows)


def holm(values):
    """Adjusted p-values, in the order given."""
    order = np.argsort(values)
    steps = np.maximum.accumulate([(len(values) - i) * values[k] for i, k in enumerate(order)])
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(1, steps)
    return adjusted


def welch(a, b):
    """Difference of the means, its 95 % interval and the two-sided p."""
    parts = [np.var(x, ddof=1) / len(x) for x in (a, b)]
    freedom = sum(parts) ** 2 / sum(part**2 / (len(x) - 1) for part, x in zip(parts, (a, b)))
    half = stats.t.ppf(0.975, freedom) * sum(parts) ** 0.5
    difference = np.mean(a) - np.mean(b)
    return difference, difference - half, difference + half, stats.ttest_ind(a, b, equal_var=False).pvalue


def main():
    rows = read(sys.argv[1:])
    if len(sys.argv) > 2:
        write(rows, pathlib.Path(__file__).with_name("pytorch.csv"))
    names = list(dict.fromkeys(row["data"] for row in rows))
    scores = {
        (name, side): [float(row["foregroundDice"]) for row in rows if (row["data"], row["side"]) == (name, side)]
        for name in names
        for side in SIDES
    }
    tests = [welch(scores[name, SIDES[0]], scores[name, SIDES[1]]) for name in names]
    adjusted = holm([p for *_, p in tests])
    print("| data | segloss | PyTorch | difference, 95 % interval | p | p, Holm | segloss, all seeds | PyTorch, all seeds |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |")
    for name, (difference, low, high, p), corrected in zip(names, tests, adjusted):
        sides = [scores[name, side] for side in SIDES]
        cells = [f"{np.mean(x):.3f} ± {np.std(x, ddof=1):.3f}" for x in sides]
        cells += [f"{difference:+.3f} [{low:+.3f}, {high:+.3f}]", f"{p:.2f}", f"{corrected:.2f}"]
        cells += [" ".join(f"{value:.3f}" for value in x) for x in sides]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
