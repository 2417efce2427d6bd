/** What a search found. */
export interface Descent {
  readonly x: Float64Array;
  readonly value: number;
  /** x at nine tenths of the steps. */
  readonly before: Float64Array;
}

/**
 * The minimum of a function from its gradient's signs: a step of its own for each number, longer while the sign stays, half as long
 * when it changes. Sums of sigmoids saturate, and then the size of a gradient says nothing of the way to go.
 *
 * @returns The last place; undefined where the gradient is missing or not finite.
 * @see Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm", ICNN 1993;
 *   without the step back, Igel and Hüsken, "Empirical evaluation of the improved Rprop learning algorithms", 2003 (iRprop-).
 */
export async function descend(
  start: Float64Array,
  at: (x: Float32Array) => Promise<{ value: number; gradient: Float32Array | undefined }>,
  { steps, limit }: { steps: number; limit: number },
): Promise<Descent | undefined> {
  const x = Float64Array.from(start);
  const step = new Float64Array(x.length).fill(0.3);
  const last = new Float64Array(x.length);
  let before = Float64Array.from(x);
  let value = NaN;
  for (let t = 0; t < steps; t++) {
    const reading = await at(Float32Array.from(x));
    const { gradient } = reading;
    value = reading.value;
    if (gradient === undefined || !gradient.every(Number.isFinite)) return undefined;
    if (t === Math.floor(0.9 * steps)) before = Float64Array.from(x);
    if (t === steps - 1) break; // the value is that of x
    for (let i = 0; i < x.length; i++) {
      const agreement = gradient[i]! * last[i]!;
      if (agreement > 0) step[i] = Math.min(2, 1.2 * step[i]!);
      if (agreement < 0) step[i] = Math.max(1e-6, 0.5 * step[i]!);
      last[i] = agreement < 0 ? 0 : gradient[i]!;
      x[i] = Math.max(-limit, Math.min(limit, x[i]! - Math.sign(last[i]!) * step[i]!));
    }
  }
  return { x, value, before };
}
