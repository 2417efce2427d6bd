"""Recomputes the numbers of docs/evidence.md from the rows in results/, with numpy and scipy, and compares each of them.

    python3 experiments/paper/check.py

Shares no code with the program that writes the page. Means, tests, pooled effects and counts must agree to the last printed digit. Intervals of the
bootstrap come from other random numbers here: their ends may differ by a tenth of the interval's width.
"""

import gzip
import json
import math
import pathlib
import re
import sys

import numpy as np
from scipy import stats

HERE = pathlib.Path(__file__).parent
PAGE = (HERE / "../../docs/evidence.md").read_text()
CE, DICE, CE_DICE = "ce", "dice", "ce + dice"
L1, KL = "ce + l1(temperature=10)", "ce + 0.1*kl(temperature=10)"
random = np.random.default_rng(1)
compared, wrong = 0, []


def load(name):
    with gzip.open(HERE / f"results/{name}.json.gz") as file:
        return json.load(file)


def section(name):
    """The cells of every table row between two marks of the page, without headings, and the text between them."""
    text = PAGE.split(f"<!-- generated: {name} -->")[1].split(f"<!-- end: {name} -->")[0]
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    heads = [i for i, row in enumerate(rows) if all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    return [row for i, row in enumerate(rows) if i not in heads and i + 1 not in heads], text


def expect(where, printed, value, slack=0.0, digits=None):
    """Compares a printed number with one that was computed here."""
    global compared
    compared += 1
    number = re.search(r"-?\d+(\.\d+)?", printed.replace("below ", ""))
    if number is None:
        return wrong.append(f"{where}: no number in {printed!r}, computed {value}")
    places = len(number[1]) - 1 if number[1] else 0
    if printed.startswith("below"):
        ok = value < float(number[0])
    else:
        ok = abs(float(number[0]) - value) <= 0.5000001 * 10**-places + slack
    if not ok:
        wrong.append(f"{where}: printed {printed!r}, computed {value:.6g}")


def expect_text(where, printed, value):
    global compared
    compared += 1
    if printed.strip("* ").lower() != value.lower():
        wrong.append(f"{where}: printed {printed!r}, computed {value!r}")


# --- rows ---------------------------------------------------------------------------------------------------------------------


def complete(plan, rows=None, losses=None):
    """Rows of the seeds of which every cell has ended."""
    rows = plan["rows"] if rows is None else rows
    cells = len(plan["losses"] if losses is None else losses) * len(plan["sets"])
    seeds = [row["labels"]["seed"] for row in rows]
    return [row for row in rows if seeds.count(row["labels"]["seed"]) == cells]


def of(rows, set_, loss):
    found = [r for r in rows if r["labels"]["data"] == set_ and r["labels"]["loss"] == loss and r["state"] == "finished"]
    return sorted(found, key=lambda r: int(r["labels"]["seed"]))


def foreground(facts):
    return [k for k in range(len(facts["classes"])) if k != facts["background"]]


def case_dice(facts, case, prediction):
    scores = []
    for k in foreground(facts):
        total = case["target"][k] + prediction["predicted"][k]
        if total > 0:
            scores.append(2 * prediction["overlap"][k] / total)
    return np.mean(scores) if scores else np.nan


def case_size(kind):
    return lambda facts, case, p: np.abs(np.array(p[kind]) - np.array(case["target"])).sum() / (2 * case["pixels"])


def scores(plan, rows, set_, loss, score, cases=lambda row: row["cases"]):
    facts = plan["sets"][set_]
    table = {}
    for row in of(rows, set_, loss):
        table[row["labels"]["seed"]] = np.array([score(facts, c, p) for c, p in zip(facts["cases"], cases(row))])
    return table


def ratios(facts, row, kind):
    target = np.sum([c["target"] for c in facts["cases"]], axis=0)
    predicted = np.sum([c[kind] for c in row["cases"]], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return predicted / target


def geometric(values):
    values = np.array([v for v in values if np.isfinite(v)])
    with np.errstate(divide="ignore"):
        return math.exp(np.log(values).mean()) if (values > 0).all() else 0.0


# --- statistics ---------------------------------------------------------------------------------------------------------------


def two_way(matrix):
    """Mean, standard error and degrees of freedom of a table of seeds by cases."""
    matrix = matrix[:, ~np.isnan(matrix).all(axis=0)]
    S, C = matrix.shape
    by_case = np.nanmean(matrix, axis=0)
    by_seed = np.nanmean(matrix, axis=1)
    mean = by_case.mean()
    ms_seed = C * ((by_seed - mean) ** 2).sum() / (S - 1) if S > 1 else 0.0
    ms_case = S * ((by_case - mean) ** 2).sum() / (C - 1) if C > 1 else 0.0
    if S < 2:
        return mean, math.sqrt(ms_case / C), C - 1
    rest = matrix - by_seed[:, None] - by_case[None, :] + mean
    ms_rest = np.nansum(rest**2) / ((S - 1) * (C - 1))
    total = max(ms_seed + ms_case - ms_rest, ms_seed, ms_case)
    freedom = total**2 / (ms_seed**2 / (S - 1) + ms_case**2 / (C - 1) + ms_rest**2 / ((S - 1) * (C - 1))) if total > 0 else 1
    return mean, math.sqrt(total / (S * C)), max(1, freedom)


def bootstrap(matrix, resamples=4000):
    """Interval by crossed resampling, widened about the mean to the width of Student's t."""
    matrix = matrix[:, ~np.isnan(matrix).all(axis=0)]
    mean, error, freedom = two_way(matrix)
    S, C = matrix.shape
    draws = []
    while len(draws) < resamples:
        block = matrix[random.integers(S, size=S)][:, random.integers(C, size=C)]
        with np.errstate(invalid="ignore"):
            import warnings

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                draws.append(np.nanmean(np.nanmean(block, axis=0)))
    draws = np.array(draws)
    deviation = math.sqrt(((draws - mean) ** 2).mean())
    if deviation == 0:
        return mean, mean
    widen = error / deviation * stats.t.ppf(0.975, freedom) / stats.norm.ppf(0.975)
    low, high = np.quantile(draws, [0.025, 0.975])
    return mean + widen * (low - mean), mean + widen * (high - mean)


def wilcoxon(matrix):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        means = np.nanmean(matrix, axis=0)
    d = means[~np.isnan(means) & (means != 0)]
    if len(d) == 0:
        return 1.0
    ranks = stats.rankdata(np.abs(d))
    if len(d) > 50:
        return stats.wilcoxon(d, correction=True, method="approx").pvalue
    if len(set(ranks)) == len(ranks):
        return stats.wilcoxon(d, method="exact").pvalue
    # Ties: the exact distribution of the rank sum, by convolution.
    counts = np.zeros(int(round(2 * ranks.sum())) + 1)
    counts[0] = 1.0
    for rank in np.round(2 * ranks).astype(int):
        shifted = np.zeros_like(counts)
        shifted[rank:] = counts[: len(counts) - rank]
        counts = (counts + shifted) / 2
    positive = ranks[d > 0].sum()
    smaller = min(positive, ranks.sum() - positive)
    return min(1.0, 2 * counts[: int(round(2 * smaller)) + 1].sum())


def holm(p):
    order = np.argsort(p, kind="stable")
    adjusted, largest = np.empty(len(p)), 0.0
    for position, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - position) * p[i]))
        adjusted[i] = largest
    return adjusted


def pooled(effects):
    mean = np.mean([m for m, _ in effects])
    error = math.sqrt(sum(e**2 for _, e in effects)) / len(effects)
    return mean, error, (mean - stats.norm.ppf(0.975) * error, mean + stats.norm.ppf(0.975) * error)


def verdict(interval, matters):
    if interval[0] > 0:
        return "replicated"
    return "not replicated here" if interval[1] < matters else "too little data to say"


def all_of(verdicts):
    if "not replicated here" in verdicts:
        return "not replicated here"
    return "replicated" if all(v == "replicated" for v in verdicts) else "too little data to say"


def difference(first, second):
    shared = [seed for seed in first if seed in second]
    return np.array([first[seed] - second[seed] for seed in shared])


def compare(tables, matters):
    """Of (set, first, second): effects, adjusted p-values, the pooled effect and the verdict."""
    matrices = [(name, difference(a, b)) for name, a, b in tables]
    adjusted = holm([wilcoxon(m) for _, m in matrices])
    sets = [(name, m, *two_way(m)[:2], p) for (name, m), p in zip(matrices, adjusted)]
    total = pooled([(mean, error) for _, _, mean, error, _ in sets])
    return sets, total, verdict(total[2], matters)


def check_comparison(where, printed, name, found):
    """Rows of a comparison: one for each set, and the pooled one."""
    sets, (mean, error, interval), _ = found
    rows = [row for row in printed if row[0] == name]
    if len(rows) != len(sets) + 1:
        return wrong.append(f"{where}: {name}: {len(rows)} rows instead of {len(sets) + 1}")
    for row, (set_, matrix, effect, _, p) in zip(rows, sets):
        expect_text(where, row[1], set_)
        expect(f"{where} {name} {set_} mean", row[2], 100 * effect)
        expect(f"{where} {name} {set_} p", row[4], p)
        if "one seed" in row[3]:
            continue
        low, high = [100 * end for end in bootstrap(matrix)]
        ends = re.findall(r"-?\d+\.\d+", row[3])
        for end, value in zip(ends, (low, high)):
            expect(f"{where} {name} {set_} interval", end, value, slack=0.1 * (high - low))
    expect(f"{where} {name} pooled", rows[-1][2].strip("*"), 100 * mean)
    for end, value in zip(re.findall(r"-?\d+\.\d+", rows[-1][3]), interval):
        expect(f"{where} {name} pooled interval", end, 100 * value)
    expect(f"{where} {name} visible", rows[-1][5], 100 * (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * error)


# --- the page -----------------------------------------------------------------------------------------------------------------


def tables_of(plan, rows, sets, pair, score):
    return [(s, scores(plan, rows, s, pair[0], score), scores(plan, rows, s, pair[1], score)) for s in sets]


def keeps_size(plan, rows, part):
    effects = []
    for set_, facts in plan["sets"].items():
        values = []
        for row in of(rows, set_, CE):
            if part == "val":
                r = ratios(facts, row, "soft")
            else:
                train = row["remeasured"]["train"]
                with np.errstate(divide="ignore", invalid="ignore"):
                    r = np.array(train["soft"]) / np.array(train["target"])
            values.append(geometric([r[k] for k in foreground(facts)]))
        mean, n = np.mean(values), len(values)
        reach = stats.t.ppf(0.975, n - 1) * np.std(values, ddof=1) / math.sqrt(n) if n > 1 else math.nan
        effects.append((mean, mean - reach, mean + reach))
    if any(low > 1.1 or high < 0.9 for _, low, high in effects):
        return effects, "not replicated here"
    return effects, "replicated" if all(low >= 0.9 and high <= 1.1 for _, low, high in effects) else "too little data to say"


SMALL, VARIED = ["retinal-lesions-idrid", "cracks"], ["CamVid", "nuclei"]


def quartiles(plan, rows):
    result = []
    for set_, facts in plan["sets"].items():
        groups = [[], [], [], []]
        for k in foreground(facts):
            present = sorted((c["target"][k], i) for i, c in enumerate(facts["cases"]) if c["target"][k] > 0)
            for rank, (_, i) in enumerate(present):
                groups[4 * rank // len(present)].append((i, k))
        ce = {r["labels"]["seed"]: r for r in of(rows, set_, CE)}
        l1 = {r["labels"]["seed"]: r for r in of(rows, set_, L1)}

        def dice(row, i, k):
            p = row["cases"][i]
            return 2 * p["overlap"][k] / (facts["cases"][i]["target"][k] + p["predicted"][k])

        gains = [np.array([[dice(l1[s], i, k) - dice(ce[s], i, k) for i, k in g] for s in ce if s in l1]) for g in groups]
        effects = [two_way(g)[:2] for g in gains]
        result.append((set_, effects, effects[0][0] - effects[3][0], math.hypot(effects[0][1], effects[3][1])))
    return result


def claims(plan):
    """All verdicts of a plan of the claims."""
    rows = complete(plan)
    if not rows:
        return None
    sets = list(plan["sets"])
    found = {"train": keeps_size(plan, rows, "train"), "val": keeps_size(plan, rows, "val")}
    found["small"] = compare(tables_of(plan, rows, [s for s in SMALL if s in sets], (DICE, CE), case_dice), 0.01)
    found["varied"] = compare(tables_of(plan, rows, [s for s in VARIED if s in sets], (CE, DICE), case_dice), 0.01)
    found["against"] = {loss: compare(tables_of(plan, rows, sets, (L1, loss), case_dice), 0.01) for loss in (CE, DICE, CE_DICE)}
    ranked = [loss for loss in plan["losses"] if loss != "dice + 10*l1"]
    ranks = []
    for s in sets:
        means = [np.nanmean(np.nanmean(np.array(list(scores(plan, rows, s, loss, case_dice).values())), axis=0)) for loss in ranked]
        ranks.append(stats.rankdata([-m for m in means]))
    found["ranks"] = dict(zip(ranked, np.mean(ranks, axis=0)))
    c4 = all_of([v for _, _, v in found["against"].values()])
    if c4 == "replicated" and min(found["ranks"], key=found["ranks"].get) != L1:
        c4 = "not replicated here"
    found["size"] = {
        (loss, kind): compare(tables_of(plan, rows, sets, (CE, loss), case_size(kind)), 0.001) for loss in (L1, KL) for kind in ("predicted", "soft")
    }
    found["quartiles"] = quartiles(plan, rows)
    c6 = pooled([(d, e) for _, _, d, e in found["quartiles"]])
    found["decoders"] = {}
    for decoder in ("argmax", "volume", "dice"):
        pick = (lambda r: r["cases"]) if decoder == "argmax" else (lambda r: r["remeasured"]["decoded"][decoder])
        for name, score, matters in (("Dice", case_dice, 0.01), ("size error", case_size("predicted"), 0.001)):
            found["decoders"][decoder, name] = compare(
                [(s, scores(plan, rows, s, CE, score, pick), scores(plan, rows, s, L1, score)) for s in sets], matters
            )
    low, high = found["decoders"]["volume", "Dice"][1][2]
    c8 = "replicated" if low > -0.01 else "not replicated here" if high < 0 else "too little data to say"
    found["c6"] = c6
    found["verdicts"] = [
        found["train"][1],
        found["val"][1],
        all_of([found["small"][2], found["varied"][2]]),
        c4,
        found["size"][L1, "predicted"][2],
        verdict(c6[2], 0.01),
        c8,
    ]
    return found


def extreme(plan, row):
    if row["state"] != "finished":
        return None
    facts = plan["sets"][row["labels"]["data"]]
    pixels = sum(c["pixels"] for c in facts["cases"])
    target = sum(c["target"][1] for c in facts["cases"])
    predicted = sum(c["predicted"][1] for c in row["cases"])
    overlap = sum(c["overlap"][1] for c in row["cases"])
    if ratios(facts, row, "soft")[1] < 0.1:
        return "none"
    return "all" if (predicted - overlap) / (pixels - target) > 0.5 else None


def imbalance(plan):
    result = {}
    for setup in dict.fromkeys(row["labels"]["setup"] for row in plan["rows"]):
        own = [row for row in plan["rows"] if row["labels"]["setup"] == setup]
        losses = [loss for loss in plan["losses"] if any(r["labels"]["loss"] == loss for r in own)]
        rows = complete(plan, own, losses)
        if not rows:
            continue
        ends = {loss: [(r["labels"]["data"], extreme(plan, r)) for r in rows if r["labels"]["loss"] == loss] for loss in losses}
        count = lambda loss: sum(e is not None for _, e in ends[loss])
        p = {
            loss: stats.fisher_exact(
                [[count(loss), len(ends[loss]) - count(loss)], [count(CE), len(ends[CE]) - count(CE)]]
            )[1]
            for loss in losses
            if loss != CE
        }
        adjusted = dict(zip(p, holm(list(p.values()))))
        more = count(DICE) > count(CE)
        enough = len(ends[DICE]) >= 60
        result[setup] = (
            ends,
            adjusted,
            "replicated" if more and adjusted[DICE] < 0.05 else "not replicated here" if enough else "too little data to say",
        )
    return result


def check_size_tables(plan, rows, suffix):
    printed, _ = section(f"{suffix}sizes")
    for row in printed:
        for set_, cell in zip(plan["sets"], row[1:]):
            facts = plan["sets"][set_]
            for kind, text in zip(("soft", "predicted"), cell.split("/")):
                values = [geometric(ratios(facts, r, kind)[foreground(facts)]) for r in of(rows, set_, row[0].strip("`"))]
                expect(f"{suffix}sizes {row[0]} {set_} {kind}", text, np.mean(values))
    printed, _ = section(f"{suffix}dice")
    for row in printed:
        for set_, cell in zip(plan["sets"], row[1:]):
            table = np.array(list(scores(plan, rows, set_, row[0].strip("`"), case_dice).values()))
            expect(f"{suffix}dice {row[0]} {set_}", cell, 100 * two_way(table)[0])


def main():
    long, short = load("claims-long"), load("claims")
    synthetic, temperature = load("imbalance"), load("temperature")
    rows = complete(long)
    found = claims(long)
    before = claims(short)
    counts = imbalance(synthetic)

    printed, _ = section("verdicts")
    of_long = iter(found["verdicts"])
    of_short = iter(before["verdicts"] if before else ["too little data to say"] * 7)
    for row in printed:
        if row[0] == "C2":
            expect_text("verdict C2", row[2], next(iter(counts.values()))[2])
        elif row[0] != "C7":
            expect_text(f"verdict {row[0]}", row[2], next(of_long))
            expect_text(f"verdict {row[0]} short", row[3], next(of_short))

    check_size_tables(long, rows, "")
    check_size_tables(short, complete(short), "short-")
    for row in section("curves")[0]:
        for set_, cell in zip(long["sets"], row[1:]):
            curves = [[d or 0 for d in r["curve"]["dice"]] for r in of(rows, set_, row[0].strip("`"))]
            for share, text in zip((0.5, 0.8, 1), cell.split("→")):
                expect(f"curves {row[0]} {set_}", text, 100 * np.mean([c[math.ceil(share * len(c)) - 1] for c in curves]))

    for row, train, val in zip(section("c1")[0], found["train"][0], found["val"][0]):
        for cell, effect in zip(row[1:], (train, val)):
            for text, value in zip(re.findall(r"-?\d+\.\d+", cell), effect):
                expect(f"C1 {row[0]}", text, value)

    printed, _ = section("c2")
    for ends, adjusted, _ in counts.values():
        for loss, own in ends.items():
            row = printed.pop(0)
            expect_text("C2", row[0].strip("`"), loss)
            numbers = [sum(e is not None for _, e in own), sum(e == "none" for _, e in own), sum(e == "all" for _, e in own)]
            expect(f"C2 {loss}", row[1].split(" of ")[1], len(own))
            for cell, value in zip((row[1], row[2], row[3]), numbers):
                expect(f"C2 {loss}", cell.split(" of ")[0], value)
            for cell, set_ in zip(row[4:], synthetic["sets"]):
                expect(f"C2 {loss} {set_}", cell, sum(s == set_ and e is not None for s, e in own))
            if loss != CE:
                expect(f"C2 {loss} p", row[-1], adjusted[loss])

    printed, _ = section("c3")
    check_comparison("C3", printed, "`dice` - `ce`", found["small"])
    check_comparison("C3", printed, "`ce` - `dice`", found["varied"])
    printed, _ = section("c4")
    for loss, one in found["against"].items():
        check_comparison("C4", printed, f"`ce + l1` - `{loss}`", one)
    for row in printed:
        if row[0].strip("`") in found["ranks"] and len(row) == 4:
            expect(f"C4 rank {row[0]}", row[1], found["ranks"][row[0].strip("`")])
    printed, _ = section("c5")
    for (loss, kind), one in found["size"].items():
        term = "ce + l1" if loss == L1 else "ce + 0.1*kl"
        check_comparison("C5", printed, f"`ce` - `{term}`, {'mask' if kind == 'predicted' else 'probabilities'}", one)

    printed, text = section("c6")
    for row, (set_, effects, delta, error) in zip(printed, found["quartiles"]):
        for cell, (mean, _) in zip(row[1:5], effects):
            expect(f"C6 {set_}", cell, 100 * mean)
        ends = re.findall(r"-?\d+\.\d+", row[5])
        for cell, value in zip(ends, (delta, delta - stats.norm.ppf(0.975) * error, delta + stats.norm.ppf(0.975) * error)):
            expect(f"C6 {set_} difference", cell, 100 * value)
    mean, _, interval = found["c6"]
    for cell, value in zip(re.findall(r"-?\d+\.\d+", text.split("pooled:")[1]), (mean, *interval)):
        expect("C6 pooled", cell, 100 * value)

    printed, _ = section("c7")
    own = complete(temperature)
    for set_ in dict.fromkeys(row["labels"]["data"] for row in own):
        for weight in ("0.1", "0.3", "1", "3"):
            row = printed.pop(0)
            expect("C7 weight", row[0], float(weight))
            for cell, T in zip(row[1:], (1, 5, 10, 20)):
                loss = f"ce + {'' if weight == '1' else weight + '*'}l1{'' if T == 1 else f'(temperature={T})'}"
                for text, score in zip(cell.split(","), (case_dice, case_size("predicted"))):
                    table = np.array(list(scores(temperature, own, set_, loss, score).values()))
                    expect(f"C7 {set_} {loss}", text, 100 * two_way(table)[0])

    printed, _ = section("c8")
    for (decoder, name), one in found["decoders"].items():
        check_comparison("C8", printed, f"`ce` by {decoder} - `ce + l1`, {name}", one)

    print(f"{compared} numbers and verdicts compared, {len(wrong)} differ")
    for line in wrong:
        print(" ", line)
    return 1 if wrong else 0


sys.exit(main())
