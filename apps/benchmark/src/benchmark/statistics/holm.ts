/**
 * Returns p-values adjusted by Holm's step-down method: reject where the adjusted value is below α, and the chance of one or
 * more false rejections in the family stays below α.
 *
 * @example
 * ```ts
 * holm([0.01, 0.04, 0.03]); // → [0.03, 0.06, 0.06]
 * ```
 *
 * @see S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((index, position) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - position) * pValues[index]!));
    adjusted[index] = largest;
  });
  return adjusted;
}
