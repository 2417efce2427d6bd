/** numerator / denominator; null where that is 0 / 0. */
export function fraction(numerator: number, denominator: number): number | null {
  return denominator > 0 ? numerator / denominator : null;
}
