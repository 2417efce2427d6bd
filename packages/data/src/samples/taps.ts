/** Which source pixels make a target pixel, and with what weights. */
export type Taps = readonly { readonly start: number; readonly weights: Float64Array }[];

/** A triangle as wide as the larger of the two pixels: bilinear when growing, antialiased when shrinking. */
export function weightsFor(source: number, target: number): Taps {
  const ratio = source / target;
  const support = Math.max(1, ratio);
  return Array.from({ length: target }, (_, i) => {
    const center = (i + 0.5) * ratio - 0.5;
    const start = Math.max(0, Math.ceil(center - support));
    const end = Math.min(source - 1, Math.floor(center + support));
    const weights: number[] = [];
    for (let x = start; x <= end; x++) weights.push(Math.max(0, 1 - Math.abs(x - center) / support));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { start, weights: Float64Array.from(weights, (weight) => weight / total) };
  });
}
