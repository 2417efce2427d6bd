type Numbers = ArrayLike<number>;

function sameLength(name: string, actual: Numbers, expected: Numbers): void {
  if (actual.length !== expected.length)
    throw new RangeError(`${name}: wanted ${expected.length} numbers, got ${actual.length}`);
}

/** The largest |actual - expected|. NaN agrees with NaN, an infinity only with itself. */
export function maxError(actual: Numbers, expected: Numbers): number {
  sameLength('maxError', actual, expected);
  let largest = 0;
  for (let i = 0; i < expected.length; i += 1) {
    const [a, e] = [actual[i] as number, expected[i] as number];
    if (Object.is(a, e) || a === e) continue;
    const error = Math.abs(a - e);
    largest = Math.max(largest, Number.isNaN(error) ? Infinity : error);
  }
  return largest;
}

/**
 * The largest |actual - expected|, relative to the largest |expected|, which counts as at least `floor`.
 * The measure of a gradient: `maxRelativeError(g, golden) < 1e-4`.
 */
export function maxRelativeError(actual: Numbers, expected: Numbers, floor = 1e-3): number {
  let scale = floor;
  for (let i = 0; i < expected.length; i += 1) {
    const size = Math.abs(expected[i] as number);
    if (Number.isFinite(size)) scale = Math.max(scale, size);
  }
  return maxError(actual, expected) / scale;
}

/** True where every |actual - expected| <= absolute + relative * |expected|. */
export function allClose(
  actual: Numbers,
  expected: Numbers,
  { relative = 1e-5, absolute = 1e-6 }: { relative?: number; absolute?: number } = {},
): boolean {
  sameLength('allClose', actual, expected);
  return Array.from(expected).every((e, i) => {
    const a = actual[i] as number;
    return Object.is(a, e) || a === e || Math.abs(a - e) <= absolute + relative * Math.abs(e);
  });
}

/**
 * Central differences of `f` at `x`. The default step is a power of two, so that x ± step stays exact in
 * float32; its error is about 1e-4 of a smooth float32 function. Use a smaller step for a float64 one.
 */
export function finiteDifferenceGradient(
  f: (x: number[]) => number,
  x: ArrayLike<number>,
  step = 2 ** -7,
): number[] {
  const point = Array.from(x);
  return point.map((value, i) => {
    const at = (shifted: number): number => f(point.map((other, j) => (i === j ? shifted : other)));
    return (at(value + step) - at(value - step)) / (2 * step);
  });
}
