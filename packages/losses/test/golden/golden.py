"""Values and gradients of losses in float64, from the formulas of the papers that the pages in docs/losses name.

    python3 packages/losses/test/golden/golden.py           writes golden.json next to this file
    python3 packages/losses/test/golden/golden.py --check   compares golden.json with what it would write

Needs numpy and nothing of segloss. A loss here is a function of an image, or of all valid pixels of the batch; gradients are
central differences. The format is that of GoldenFile in @segloss/testing: channels first, the gradient too.
"""

import json
import sys
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("golden.json")
IGNORED = 255
STEP = 1e-5  # of the central differences; their error is about STEP ** 2
SMALL = 1e-10  # pixels that each proportion carries
IMAGES, ROWS, COLUMNS = 2, 3, 4


class Pixels:
    """The valid pixels of an image or a batch: logits z, probabilities s and labels y, each [n, K]; s and y of the label."""

    def __init__(self, z, labels):
        labels, z = labels.ravel(), z.reshape(z.shape[0], -1).T
        z, self.labels = z[labels != IGNORED], labels[labels != IGNORED]
        self.z, self.binary = z, z.shape[1] == 1
        self.s = self.probabilities(1)
        self.y = self.labels[:, None] == (1 if self.binary else np.arange(z.shape[1]))
        self.y = self.y.astype(float)
        self.n = len(z)

    def probabilities(self, temperature):
        e = np.exp(temperature * self.z)
        return e / (1 + e) if self.binary else e / e.sum(1, keepdims=True)

    def both(self, temperature=1):
        """Probabilities and labels with the background as a class of its own."""
        s = self.probabilities(temperature)
        return (np.hstack([1 - s, s]), np.hstack([1 - self.y, self.y])) if self.binary else (s, self.y)

    def of_label(self, temperature=1):
        s, y = self.both(temperature)
        return (s * y).sum(1)

    def proportions(self, temperature=1):
        return [(x.sum(0) + SMALL) / (self.n + SMALL) for x in (self.probabilities(temperature), self.y)]


# Sums of an image, one for each class.


def overlap_sums(x, squared=False):
    power = 2 if squared else 1
    return (x.s * x.y).sum(0), x.y.sum(0), (x.s**power).sum(0)


def dice_score(x, smooth=1.0, squared=False):
    overlap, target, predicted = overlap_sums(x, squared)
    return (2 * overlap + smooth) / (target + predicted + smooth)


def jaccard_score(x):
    overlap, target, predicted = overlap_sums(x)
    return (overlap + 1) / (target + predicted - overlap + 1)


def tversky_score(x, alpha, beta):
    overlap, target, predicted = overlap_sums(x)
    return (overlap + 1) / (overlap + alpha * (predicted - overlap) + beta * (target - overlap) + 1)


def generalized_dice(x):
    s, y = x.both()
    target = y.sum(0)
    w = np.where(target > 0, 1 / np.maximum(target, 1) ** 2, 0)
    return 1 - 2 * (w * (s * y).sum(0)).sum() / (w * (y.sum(0) + s.sum(0))).sum()


def matthews(x):
    smooth = 1e-5
    tp, fp = (x.s * x.y).sum(0) + smooth, (x.s * (1 - x.y)).sum(0) + smooth
    fn, tn = ((1 - x.s) * x.y).sum(0) + smooth, ((1 - x.s) * (1 - x.y)).sum(0) + smooth
    return 1 - (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


def sensitivity_specificity(x, r=0.1):
    errors = (x.y - x.s) ** 2
    on = (errors * x.y).sum(0) / (x.y.sum(0) + 1)
    off = (errors * (1 - x.y)).sum(0) / ((1 - x.y).sum(0) + 1)
    return r * on + (1 - r) * off


def noise_robust_dice(x, gamma=1.5):
    return (abs(x.s - x.y) ** gamma).sum(0) / ((x.s**2).sum(0) + x.y.sum(0) + 1e-5)


def lovasz_extension(errors, y):
    """The Jaccard loss of the pixels with the largest errors, weighed by the steps of the sorted errors."""
    order = np.argsort(-errors)
    e, y = errors[order], y[order]
    jaccard = [1 - (y.sum() - y[:i].sum()) / (y.sum() + (1 - y[:i]).sum()) for i in range(len(e) + 1)]
    return (e * np.diff(jaccard)).sum()


def lovasz(x):
    if x.binary:
        margin = 1 - x.z[:, 0] * (2 * x.y[:, 0] - 1)
        return lovasz_extension(np.maximum(margin, 0), x.y[:, 0])
    return np.mean([lovasz_extension(abs(y - s), y) for s, y in zip(x.s.T, x.y.T) if y.any()])


def balanced(x):
    costs = -np.log(x.of_label())
    return np.mean([costs[x.labels == k].mean() for k in set(x.labels)])


# Proportions of an image.


def with_background(x, f, temperature=1):
    """Sum of f(p, q) over classes; a sigmoid has the background too."""
    p, q = x.proportions(temperature)
    return (f(p, q) + (f(1 - p, 1 - q) if x.binary else 0)).sum()


def relative_entropy(p, q):
    return p * np.log(p / q)


def jensen_shannon(p, q):
    m = (p + q) / 2
    return (relative_entropy(p, m) + relative_entropy(q, m)) / 2


def size_bounds(x):
    p, q = x.proportions()
    return np.maximum(0, 0.9 * q - p) ** 2 + np.maximum(0, p - 1.1 * q) ** 2


def of_proportions(f, temperature=1):
    return lambda x: f(*x.proportions(temperature))


# Costs of every pixel of the batch.


def cross_entropy(x, weights=None, smoothing=0.0):
    s, y = x.both()
    w = np.ones(s.shape[1]) if weights is None else np.array(weights)
    smooth = y * (1 - smoothing) + smoothing / s.shape[1]
    return -(smooth * w * np.log(s)).sum() / (y * w).sum()


def one_against_rest(x, positive=1.0):
    s = 1 / (1 + np.exp(-x.z))
    return -(positive * x.y * np.log(s) + (1 - x.y) * np.log(1 - s))


def focal(x, gamma, alpha=None):
    s = x.of_label()
    w = 1 if alpha is None else np.where(x.labels == 1, alpha, 1 - alpha)
    return -w * (1 - s) ** gamma * np.log(s)


def hardest(x, percent):
    costs = np.sort(-np.log(x.of_label()))[::-1]
    return costs[: int(np.ceil(percent * x.n / 100))]


def below(x, threshold):
    s = x.of_label()
    return -np.log(s[s < threshold])


def asymmetric_focal(x, delta=0.7, gamma=2):
    s = x.of_label()
    return np.where(x.labels == 0, (1 - delta) * (1 - s) ** gamma, delta) * -np.log(s)


def per_image(f):
    """The mean over images of the mean over what f returns."""
    return lambda z, labels: np.mean([np.mean(f(Pixels(zi, li))) for zi, li in zip(z, labels)])


def per_batch(f):
    """The mean of what f returns of all valid pixels together."""

    def loss(z, labels):
        together = np.moveaxis(z, 1, 0).reshape(1, z.shape[1], -1)[0]
        return np.mean(f(Pixels(together, labels)))

    return loss


BINARY, MULTICLASS = "binary", "multiclass"
BOTH = (BINARY, MULTICLASS)

# By spec: in which modes, and the loss.
LOSSES = {
    "ce": (BOTH, per_batch(cross_entropy)),
    "ce(labelSmoothing=0.1)": (BOTH, per_batch(lambda x: cross_entropy(x, smoothing=0.1))),
    "ce(classWeights=[0.5,2])": ((BINARY,), per_batch(lambda x: cross_entropy(x, [0.5, 2]))),
    "ce(classWeights=[0.5,1,2])": ((MULTICLASS,), per_batch(lambda x: cross_entropy(x, [0.5, 1, 2]))),
    "bce": (BOTH, per_batch(one_against_rest)),
    "bce(positiveWeight=3)": (BOTH, per_batch(lambda x: one_against_rest(x, 3))),
    "balanced-ce": (BOTH, per_image(balanced)),
    "topk(k=30)": (BOTH, per_batch(lambda x: hardest(x, 30))),
    "threshold-ce(threshold=0.6)": (BOTH, per_batch(lambda x: below(x, 0.6))),
    "gce": (BOTH, per_batch(lambda x: (1 - x.of_label() ** 0.7) / 0.7)),
    "poly(epsilon=2)": (BOTH, per_batch(lambda x: -np.log(x.of_label()) + 2 * (1 - x.of_label()))),
    "focal": (BOTH, per_batch(lambda x: focal(x, 2))),
    "focal(gamma=1.5,alpha=0.25)": ((BINARY,), per_batch(lambda x: focal(x, 1.5, 0.25))),
    "asymmetric-focal": (BOTH, per_batch(asymmetric_focal)),
    "kl-divergence(softness=2)": (BOTH, per_batch(lambda x: -4 * np.log(x.of_label(0.5)))),
    "dice": (BOTH, per_image(lambda x: 1 - dice_score(x))),
    "dice(squared=true)": (BOTH, per_image(lambda x: 1 - dice_score(x, squared=True))),
    "dice(aggregation=perBatch,smooth=0)": (BOTH, per_batch(lambda x: 1 - dice_score(x, smooth=0))),
    "log-dice": (BOTH, per_image(lambda x: -np.log(dice_score(x)))),
    "log-cosh-dice": (BOTH, per_image(lambda x: np.log(np.cosh(1 - dice_score(x))))),
    "jaccard": (BOTH, per_image(lambda x: 1 - jaccard_score(x))),
    "tversky(alpha=0.3,beta=0.7)": (BOTH, per_image(lambda x: 1 - tversky_score(x, 0.3, 0.7))),
    "focal-tversky": (BOTH, per_image(lambda x: (1 - tversky_score(x, 0.3, 0.7)) ** 0.75)),
    "f-beta(beta=2)": (BOTH, per_image(lambda x: 1 - tversky_score(x, 0.2, 0.8))),
    "generalized-dice": (BOTH, per_image(generalized_dice)),
    "mcc": (BOTH, per_image(matthews)),
    "sensitivity-specificity": (BOTH, per_image(sensitivity_specificity)),
    "noise-robust-dice": (BOTH, per_image(noise_robust_dice)),
    "lovasz": (BOTH, per_image(lovasz)),
    "l1": (BOTH, per_image(of_proportions(lambda p, q: abs(p - q)))),
    "l1(temperature=10)": (BOTH, per_image(of_proportions(lambda p, q: abs(p - q), 10))),
    "l2": (BOTH, per_image(of_proportions(lambda p, q: (p - q) ** 2))),
    "dice-bias": (BOTH, per_image(of_proportions(lambda p, q: np.log(p + q)))),
    "size-bounds": (BOTH, per_image(size_bounds)),
    "kl": (BOTH, per_image(lambda x: with_background(x, lambda p, q: relative_entropy(q, p)))),
    "kl(temperature=2)": (BOTH, per_image(lambda x: with_background(x, lambda p, q: relative_entropy(q, p), 2))),
    "reverse-kl": (BOTH, per_image(lambda x: with_background(x, relative_entropy))),
    "js": (BOTH, per_image(lambda x: with_background(x, jensen_shannon))),
}


def inputs():
    """Two images of each mode, each with ignored pixels; the last class is absent from the second image."""
    random = np.random.default_rng(20240311)
    found = {}
    for mode, channels in ((BINARY, 1), (MULTICLASS, 3)):
        labels = random.integers(0, max(2, channels), (IMAGES, ROWS, COLUMNS))
        if mode == MULTICLASS:
            labels[1][labels[1] == channels - 1] = 0
        labels[0, 0, 1] = labels[0, 2, 2] = labels[1, 1, 0] = IGNORED
        z = random.normal(0, 1.3, (IMAGES, channels, ROWS, COLUMNS)).round(3)
        found[mode] = (z, labels)
    return found


def gradient(loss, z, labels):
    """Central differences of all logits."""
    found = np.zeros(z.size)
    for i in range(z.size):
        step = np.zeros(z.size)
        step[i] = STEP
        step = step.reshape(z.shape)
        found[i] = (loss(z + step, labels) - loss(z - step, labels)) / (2 * STEP)
    return found


def rounded(values):
    return [float(f"{value:.8g}") if abs(value) > 1e-10 else 0.0 for value in values]


def golden():
    given = inputs()
    cases = []
    for spec, (modes, loss) in LOSSES.items():
        for mode in modes:
            z, labels = given[mode]
            cases.append(
                {
                    "id": f"{spec}, {mode}",
                    "loss": spec,
                    "options": {},
                    "mode": mode,
                    "layout": "NCHW",
                    "input": mode,
                    "shapeLogits": list(z.shape),
                    "shapeLabels": list(labels.shape),
                    "labelEncoding": "native",
                    "value64": rounded([loss(z, labels)])[0],
                    "grad64": rounded(gradient(loss, z, labels)),
                }
            )
    described = {
        mode: {
            "mode": mode,
            "description": f"{IMAGES} images, {mode}, with ignored pixels",
            "shapeLogits": list(z.shape),
            "logits": z.ravel().tolist(),
            "shapeLabels": list(labels.shape),
            "labels": labels.ravel().tolist(),
        }
        for mode, (z, labels) in given.items()
    }
    return {"library": "formulas", "defaults": {}, "inputs": described, "cases": cases}


def text(file):
    """One case a line."""
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in file["cases"])
    head = json.dumps({**file, "cases": []}, separators=(",", ":"))
    return head.replace('"cases":[]', f'"cases":[\n{lines}\n]') + "\n"


def same(a, b):
    """Whether two files say the same; numbers may differ by what rounding and the libraries of a machine do to them."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return abs(a - b) <= 1e-7 * max(1, abs(a))
    return a == b


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        if not same(golden(), json.loads(FILE.read_text())):
            sys.exit(f"{FILE} is not what {__file__} writes; run it without --check")
    else:
        FILE.write_text(text(golden()))
