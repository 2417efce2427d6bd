// Every formula once more, in plain float64 loops over one small batch: no tensors, and no code of the package.

/** An image of pixels in a grid: labels, logits and softmax probabilities by pixel and class. */
export interface PlainImage {
  readonly rows: number;
  readonly columns: number;
  readonly labels: readonly number[];
  readonly logits: readonly (readonly number[])[];
  readonly p: readonly (readonly number[])[];
}

const ROWS = 4;
const COLUMNS = 5;
const CLASSES = 3;

/** Two images of 4 x 5 pixels and 3 classes; class 2 is absent from the second. */
export const images: readonly PlainImage[] = [
  [0, 0, 0, 1, 1, 0, 2, 2, 1, 1, 0, 2, 2, 2, 1, 0, 0, 2, 0, 1],
  [1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0],
].map((labels, b) => {
  const logits = labels.map((label, i) =>
    Array.from({ length: CLASSES }, (_, k) =>
      Math.fround(1.7 * Math.sin(7 * i + 3 * k + b) + (k === label ? 0.8 : 0)),
    ),
  );
  return { rows: ROWS, columns: COLUMNS, labels, logits, p: logits.map((z) => softmax(z)) };
});

function softmax(z: readonly number[]): number[] {
  const all = z.reduce((sum, x) => sum + Math.exp(x), 0);
  return z.map((x) => Math.exp(x) / all);
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const range = (length: number) => Array.from({ length }, (_, i) => i);
const overImages = (f: (image: PlainImage) => number) => () => mean(images.map(f));
const overClasses = (f: (image: PlainImage, k: number) => number, first = 0) =>
  overImages((image) =>
    mean(
      range(CLASSES)
        .slice(first)
        .map((k) => f(image, k)),
    ),
  );

const column = (image: PlainImage, k: number) => image.p.map((p) => p[k]!);
const isClass = (image: PlainImage, k: number) => image.labels.map((label) => Number(label === k));
const labelP = (image: PlainImage) => image.labels.map((label, i) => image.p[i]![label]!);
const sizeOf = (image: PlainImage, k: number) => sum(isClass(image, k));
const marginals = (image: PlainImage, k: number) =>
  [mean(column(image, k)), mean(isClass(image, k))] as const;

/** Distance of every pixel to the nearest pixel of the other kind; undefined if there is none. */
function depths(mask: readonly number[]): number[] | undefined {
  if (!mask.includes(0) || !mask.includes(1)) return undefined;
  return mask.map((value, i) =>
    Math.min(
      ...mask.flatMap((other, j) =>
        other === value
          ? []
          : [Math.hypot(Math.floor(i / COLUMNS) - Math.floor(j / COLUMNS), (i % COLUMNS) - (j % COLUMNS))],
      ),
    ),
  );
}

function borderWeights(mask: readonly number[]): number[] {
  const depth = depths(mask);
  if (!depth) return mask.map(() => 1);
  return mask.map((value, i) => {
    const own = depth.filter((_, j) => mask[j] === value);
    const deepest = Math.max(...own);
    const widest = deepest - Math.min(...own);
    return widest === 0 ? 1 : 1 + (deepest - depth[i]!) / widest;
  });
}

/** The value at a row and column, or what stands beyond the border. */
const at = (x: readonly number[], row: number, col: number, beyond: number) =>
  row < 0 || col < 0 || row >= ROWS || col >= COLUMNS ? beyond : x[row * COLUMNS + col]!;

const cross = (x: readonly number[], i: number, beyond: (own: number) => number) => {
  const [row, col] = [Math.floor(i / COLUMNS), i % COLUMNS];
  const own = x[i]!;
  const around = [[0, -1], [0, 1], [-1, 0], [1, 0]].map(([dy, dx]) => at(x, row + dy!, col + dx!, beyond(own))); // prettier-ignore
  return [own, ...around];
};

function perimeterShare(x: readonly number[]): number {
  return mean(x.map((value, i) => value - Math.min(...cross(x, i, (own) => own))));
}

function erosionCost(image: PlainImage, k: number, erosions: number): number {
  const y = isClass(image, k);
  let error = column(image, k).map((p, i) => (p - y[i]!) ** 2);
  let total = 0;
  for (let step = 1; step <= erosions; step++) {
    const before = error;
    error = before.map((_, i) => Math.max(0, 2 * mean(cross(before, i, () => 0)) - 1));
    total += step ** 2 * mean(error);
  }
  return total;
}

function variation(p: readonly number[], i: number): number {
  const [row, col] = [Math.floor(i / COLUMNS), i % COLUMNS];
  const steps = [at(p, row + 1, col, p[i]!) - p[i]!, at(p, row, col + 1, p[i]!) - p[i]!];
  return Math.hypot(...steps);
}

/** What the pixels of a class should be like: the means over filled bins of |mean p - mean y|. */
function calibrationGap(
  image: PlainImage,
  k: number,
  bins: number,
  weight: (p: number, bin: number) => number,
) {
  const [p, y] = [column(image, k), isClass(image, k)];
  const gaps = range(bins).flatMap((bin) => {
    const w = p.map((x) => weight(x, bin));
    const all = sum(w);
    return all < 0.01 ? [] : [Math.abs(sum(w.map((x, i) => x * (p[i]! - y[i]!))) / all)];
  });
  return mean(gaps);
}

/** The mean over images of the mean over the classes that have labels. */
const overPresent = (f: (image: PlainImage, k: number) => number, first = 0) =>
  overImages((image) =>
    mean(
      range(CLASSES)
        .filter((k) => k >= first && sizeOf(image, k) > 0)
        .map((k) => f(image, k)),
    ),
  );

const box = (x: readonly number[], i: number) => {
  const [row, col] = [Math.floor(i / COLUMNS), i % COLUMNS];
  return Math.max(...[-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => at(x, row + dy, col + dx, 0))));
};

/** The soft skeleton of a mask of 0 and 1: what opening takes away, iterated. */
function softSkeleton(mask: readonly number[], iterations: number): number[] {
  const erode = (x: readonly number[]) => x.map((_, i) => Math.min(...cross(x, i, (own) => own)));
  const ridge = (x: readonly number[]) => {
    const small = erode(x);
    return x.map((value, i) => Math.max(0, value - box(small, i)));
  };
  let [x, skeleton] = [[...mask], ridge(mask)];
  for (let step = 0; step < iterations; step++) {
    x = erode(x);
    skeleton = ridge(x).map((value, i) => skeleton[i]! + Math.max(0, value - skeleton[i]! * value));
  }
  return skeleton;
}

/** Of a mask: its skeleton, and its depths and the skeleton's relative to the largest radius, which is 1 at least. */
function tube(mask: readonly number[]) {
  const depth = (depths(mask) ?? mask).map((d, i) => d * mask[i]!);
  const skeleton = softSkeleton(mask, 10);
  const widest = Math.max(1, ...depth.filter((_, i) => skeleton[i]! > 0.5));
  const onSkeleton = (f: (d: number) => number) => depth.map((d, i) => (skeleton[i]! > 0.5 ? f(d) : 0));
  return {
    skeleton,
    depth: depth.map((d) => Math.min(d, widest) / widest),
    radius: onSkeleton((d) => d / widest),
    thin: onSkeleton((d) => (widest - d + 1) / widest),
  };
}

function centerlineBoundaryCost(image: PlainImage, k: number): number {
  const [p, y] = [column(image, k), isClass(image, k)];
  const truth = tube(y);
  const found = tube(p.map((x) => Number(x > 0.5)));
  const over = (f: (i: number) => number) => sum(p.map((_, i) => f(i)));
  const trueLine = (i: number) => truth.skeleton[i]! * truth.thin[i]!;
  const foundLine = (i: number) => found.skeleton[i]! * p[i]! * found.thin[i]!;
  const [trueRadius, foundRadius] = [
    (i: number) => truth.radius[i]! * y[i]!,
    (i: number) => found.radius[i]! * p[i]!,
  ];
  const precision =
    (over((i) => foundLine(i) * truth.depth[i]! * y[i]!) + 1) /
    (over((i) => foundLine(i) * (trueRadius(i) || foundRadius(i))) + 1);
  const sensitivity =
    (over((i) => trueLine(i) * found.depth[i]! * p[i]!) + 1) /
    (over((i) => trueLine(i) * (foundRadius(i) || trueRadius(i))) + 1);
  return 1 - (2 * precision * sensitivity) / (precision + sensitivity);
}

/** What each spec should give for the two images together. */
export const references: Readonly<Record<string, () => number>> = {
  // As SegLossOdyssey with smooth 0.1: labels clipped to [0.1/(K-1), 0.9], and 0.1 added to their probability.
  'focal(labelClip=0.1)': overImages((image) =>
    mean(
      image.labels.map((label, i) => {
        const t = 0.1 + sum(image.p[i]!.map((p, k) => p * (k === label ? 0.9 : 0.05)));
        return -((1 - t) ** 2) * Math.log(t);
      }),
    ),
  ),
  'balanced-ce': overImages((image) => {
    const classes = range(CLASSES).filter((k) => sizeOf(image, k) > 0);
    return mean(
      classes.map((k) =>
        mean(
          labelP(image)
            .filter((_, i) => image.labels[i] === k)
            .map((p) => -Math.log(p)),
        ),
      ),
    );
  }),
  'balanced-ce(weighting=complement)': overImages((image) =>
    mean(
      labelP(image).map((p, i) => -Math.log(p) * (1 - sizeOf(image, image.labels[i]!) / image.labels.length)),
    ),
  ),
  'clipped-ce(floor=0.3)': () => mean(images.flatMap(labelP).map((p) => -Math.log(Math.max(p, 0.3)))),
  'threshold-ce(threshold=0.5)': () => {
    const hard = images.flatMap(labelP).filter((p) => p < 0.5);
    return mean(hard.map((p) => -Math.log(p)));
  },
  'ohem(minKept=30,threshold=0.2)': () => {
    const all = images.flatMap(labelP).sort((a, b) => a - b);
    const limit = Math.max(all[30]!, 0.2);
    return mean(all.filter((p) => p < limit).map((p) => -Math.log(p)));
  },
  'kl-divergence(softness=2)': overImages((image) =>
    mean(image.labels.map((label, i) => -4 * Math.log(softmax(image.logits[i]!.map((z) => z / 2))[label]!))),
  ),
  'noise-robust-dice': overClasses((image, k) => {
    const [p, y] = [column(image, k), isClass(image, k)];
    return sum(p.map((x, i) => Math.abs(x - y[i]!) ** 1.5)) / (sum(p.map((x, i) => x * x + y[i]!)) + 1e-5);
  }),
  'reverse-kl': overImages(
    (image) =>
    sum(range(CLASSES).map((k) => {
      const [p, q] = marginals(image, k);
      return p * Math.log(p / (q || 5e-12)); // the proportion of an absent class: 1e-10 / 20
    })), // prettier-ignore
  ),
  js: overImages(
    (image) =>
    sum(range(CLASSES).map((k) => {
      const [p, q] = marginals(image, k);
      const middle = (p + q) / 2;
      return (p * Math.log(p / middle) + (q > 0 ? q * Math.log(q / middle) : 0)) / 2;
    })), // prettier-ignore
  ),
  'size-bounds(unit=proportion,lower=0.35,upper=0.4)': overClasses((image, k) => {
    const [p] = marginals(image, k);
    return Math.max(0, 0.35 - p) ** 2 + Math.max(0, p - 0.4) ** 2;
  }),
  'distance-ce': overImages((image) => {
    const weights = range(CLASSES).map((k) => borderWeights(isClass(image, k)));
    return mean(labelP(image).map((p, i) => -weights[image.labels[i]!]![i]! * Math.log(p)));
  }),
  'distance-dice': overClasses((image, k) => {
    const [p, y] = [column(image, k), isClass(image, k)];
    const w = borderWeights(y);
    const over = (f: (i: number) => number) => sum(p.map((_, i) => w[i]! * f(i)));
    return 1 - (2 * over((i) => p[i]! * y[i]!) + 1) / (over((i) => p[i]! + y[i]!) + 1);
  }),
  boundary: overClasses((image, k) => {
    const y = isClass(image, k);
    const depth = depths(y);
    return depth ? mean(column(image, k).map((p, i) => p * (y[i] ? -depth[i]! : depth[i]!))) : 0;
  }, 1),
  'hausdorff-erosion(erosions=2,includeBackground=true)': overClasses((image, k) => erosionCost(image, k, 2)),
  'boundary-dou': overClasses((image, k) => {
    const [p, y] = [column(image, k), isClass(image, k)];
    const size = sum(y);
    const border = y.filter((value, i) => value && cross(y, i, () => 0).includes(0)).length;
    const alpha = Math.min(0.8, Math.max(0, 1 - (2 * (border + 1e-5)) / (size + 1e-5)));
    const shared = sum(p.map((x, i) => x * y[i]!));
    const union = sum(p.map((x, i) => x * x + y[i]!)) - shared;
    return (union - shared) / (union - alpha * shared + 1e-5);
  }),
  'active-contour': overClasses((image, k) => {
    const [p, y] = [column(image, k), isClass(image, k)];
    const length = mean(p.map((_, i) => variation(p, i)));
    return length + mean(p.map((x, i) => (y[i] ? 1 - x : x)));
  }, 1),
  perimeter: overClasses(
    (image, k) => (perimeterShare(column(image, k)) - perimeterShare(isClass(image, k))) ** 2,
    1,
  ),
  'relative-l1(epsilon=0.05)': overClasses((image, k) => {
    const [p, q] = marginals(image, k);
    return Math.abs(p - q) / (q + 0.05);
  }),
  'size-bounds(unit=pixels,lower=4,upper=9,penalty=log-barrier,sharpness=2,classes=[1,2])': overClasses(
    (image, k) => {
      const size = sum(column(image, k));
      const barrier = (z: number) => (z <= -1 / 4 ? -Math.log(-z) / 2 : 2 * z - Math.log(1 / 4) / 2 + 1 / 2);
      return barrier(4 - size) + barrier(size - 9);
    },
    1,
  ),
  'mcc(gamma=1.5)': overClasses((image, k) => {
    const [p, y] = [column(image, k), isClass(image, k)];
    const count = (f: (p: number, y: number) => number) => sum(p.map((x, i) => f(x, y[i]!))) + 1e-5;
    const [tp, fp] = [count((x, t) => x * t), count((x, t) => x * (1 - t))];
    const [fn, tn] = [count((x, t) => (1 - x) * t), count((x, t) => (1 - x) * (1 - t))];
    return (1 - (tp * tn - fp * fn) / Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))) ** 1.5;
  }),
  't-vmf-dice': overPresent((image, k) => {
    const [p, y] = [column(image, k), isClass(image, k)];
    const cosine = sum(p.map((x, i) => x * y[i]!)) / Math.hypot(...p) / Math.hypot(...y);
    const similarity = (1 + cosine) / (1 + 8 * (1 - cosine)) - 1;
    return (1 - similarity) ** 2;
  }),
  'tilted-ce(t=2)': () => Math.log(mean(images.flatMap(labelP).map((p) => p ** -2))) / 2,
  'tilted-ce(t=-0.001,aggregation=perImage)': overImages(
    (image) => Math.log(mean(labelP(image).map((p) => p ** 0.001))) / -0.001,
  ),
  'mbls(margin=0.5,alpha=0.3)': () => {
    const pixels = images.flatMap((image) => image.logits.map((z, i) => ({ z, p: labelP(image)[i]! })));
    const margin = pixels.flatMap(({ z }) => z.map((x) => Math.max(0, Math.max(...z) - x - 0.5)));
    return mean(pixels.map(({ p }) => -Math.log(p))) + 0.3 * mean(margin);
  },
  'dice-plus-plus(alpha=0.3,beta=0.7,power=0.75)': overClasses((image, k) => {
    const [p, y] = [column(image, k), isClass(image, k)];
    const over = (f: (p: number, y: number) => number) => sum(p.map((x, i) => f(x, y[i]!)));
    const tp = over((x, t) => x * t) + 1;
    const errors = 0.3 * over((x, t) => (x * (1 - t)) ** 2) + 0.7 * over((x, t) => ((1 - x) * t) ** 2);
    return (1 - tp / (tp + errors)) ** 0.75;
  }),
  'recall-ce': () => {
    const pixels = images.flatMap((image) =>
      image.labels.map((label, i) => ({
        label,
        p: image.p[i]!,
        chosen: image.p[i]!.indexOf(Math.max(...image.p[i]!)),
      })),
    );
    const weight = range(CLASSES).map((k) => {
      const own = pixels.filter(({ label }) => label === k);
      return Math.max(1, own.filter(({ chosen }) => chosen !== k).length) / own.length;
    });
    return mean(pixels.map(({ label, p }) => -weight[label]! * Math.log(p[label]!)));
  },
  'l1-ace(bins=4)': overPresent((image, k) =>
    calibrationGap(image, k, 4, (p, bin) => Number(p > bin / 4 && p <= (bin + 1) / 4)),
  ),
  'l1-ace(bins=4,binning=soft)': overPresent((image, k) =>
    calibrationGap(image, k, 4, (p, bin) =>
      Math.max(0, 1 - Math.abs(Math.min(3, Math.max(0, 4 * p - 0.5)) - bin)),
    ),
  ),
  'region-wise': overClasses((image, k) => {
    const y = isClass(image, k);
    const depth = depths(y) ?? y;
    const deepest = Math.max(...depth.map((d, i) => d * y[i]!));
    return mean(column(image, k).map((p, i) => p * (y[i] ? -depth[i]! / deepest : 1)));
  }),
  'skeleton-recall(target=labels)': overPresent((image, k) => {
    const y = isClass(image, k);
    return 1 - (sum(column(image, k).map((p, i) => p * y[i]!)) + 1) / (sum(y) + 1);
  }, 1),
  cbdice: overClasses(centerlineBoundaryCost, 1),
};
