// A table and a short series cost a quarter of Math.exp and Math.log1p, and have more digits than float32.

const STEPS = 256;
const STEPS_PER_UNIT = STEPS / Math.LN2;
const UNIT_PER_STEP = Math.LN2 / STEPS;
/** 2^(i/256) */
const FRACTIONS = Float64Array.from({ length: STEPS }, (_, i) => 2 ** (i / STEPS));
/** 2^(i-1024) */
const POWERS = Float64Array.from({ length: 2048 }, (_, i) => 2 ** (i - 1024));

/** From -700 to 700 e^x is a normal float64 number. */
const LARGEST = 700;

/** e^x, relative error 5e-10; e^±700 beyond ±700, NaN of NaN. */
export function exponential(x: number): number {
  // Math.max and Math.min, for branches cost more than all the rest.
  const within = Math.max(-LARGEST, Math.min(LARGEST, x));
  const nearest = Math.floor(within * STEPS_PER_UNIT + 0.5);
  const r = within - nearest * UNIT_PER_STEP;
  const n = nearest | 0;
  return POWERS[(n >> 8) + 1024]! * FRACTIONS[n & (STEPS - 1)]! * (1 + r * (1 + r * 0.5));
}

const PIECES = 64;
/** 1 / (1 + i/64) and log(1 + i/64) */
const INVERSES = Float64Array.from({ length: PIECES + 1 }, (_, i) => PIECES / (PIECES + i));
const LOGARITHMS = Float64Array.from({ length: PIECES + 1 }, (_, i) => Math.log1p(i / PIECES));

/** log(1 + x) for x from 0 to 1, relative error 1e-9. */
export function logOnePlus(x: number): number {
  const n = (x * PIECES + 0.5) | 0;
  const r = (x - n / PIECES) * INVERSES[n]!;
  return LOGARITHMS[n]! + r * (1 - r * (1 / 2 - r * (1 / 3 - r * (1 / 4))));
}
