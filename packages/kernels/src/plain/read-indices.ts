/** Indices with -1 where they are negative or `ignored`, 1 in `valid` elsewhere; returns the largest index, -1 if there is none. */
export function readIndices(
  labels: Int32Array,
  ignored: number,
  marked: Int32Array,
  valid: Float32Array,
): number {
  let largest = -1;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    const seen = label >= 0 && label !== ignored;
    marked[i] = seen ? label : -1;
    valid[i] = seen ? 1 : 0;
    if (seen && label > largest) largest = label;
  }
  return largest;
}
