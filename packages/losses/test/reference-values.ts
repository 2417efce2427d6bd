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
};
