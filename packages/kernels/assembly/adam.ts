/** Values that one part of {@link adamUpdate} takes. */
const PART: i32 = 1 << 16;

/** Parts of {@link adamUpdate}. */
export function adamParts(length: i32): i32 {
  return (length + PART - 1) / PART;
}

/**
 * One step of Adam (Kingma & Ba, ICLR 2015, algorithm 1): m and v are the moments before, next* the results; rate is the learning
 * rate / (1 - β₁ᵗ), correction is 1 / (1 - β₂ᵗ).
 */
// prettier-ignore
export function adamUpdate(
  value: usize, m: usize, v: usize, gradient: usize, nextValue: usize, nextM: usize, nextV: usize, length: i32,
  beta1: f32, rest1: f32, beta2: f32, rest2: f32, rate: f32, correction: f32, epsilon: f32,
  scratch: usize, first: i32, end: i32,
): void {
  const from = <usize>first * (<usize>PART << 2);
  const to = min(<usize>length << 2, <usize>end * (<usize>PART << 2));
  const whole = from + ((to - from) & ~15);
  const keep1 = f32x4.splat(beta1), take1 = f32x4.splat(rest1), keep2 = f32x4.splat(beta2), take2 = f32x4.splat(rest2);
  const rates = f32x4.splat(rate), corrections = f32x4.splat(correction), epsilons = f32x4.splat(epsilon);
  for (let at = from; at < whole; at += 16) {
    const g = v128.load(gradient + at);
    const mean = f32x4.add(f32x4.mul(keep1, v128.load(m + at)), f32x4.mul(take1, g));
    const square = f32x4.add(f32x4.mul(keep2, v128.load(v + at)), f32x4.mul(take2, f32x4.mul(g, g)));
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(square, corrections)), epsilons);
    v128.store(nextM + at, mean);
    v128.store(nextV + at, square);
    v128.store(nextValue + at, f32x4.sub(v128.load(value + at), f32x4.div(f32x4.mul(rates, mean), root)));
  }
  for (let at = whole; at < to; at += 4) {
    const g = load<f32>(gradient + at);
    const mean = beta1 * load<f32>(m + at) + rest1 * g;
    const square = beta2 * load<f32>(v + at) + rest2 * (g * g);
    store<f32>(nextM + at, mean);
    store<f32>(nextV + at, square);
    store<f32>(nextValue + at, load<f32>(value + at) - (rate * mean) / (Mathf.sqrt(square * correction) + epsilon));
  }
}
