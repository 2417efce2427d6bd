/** Indices with -1 where they are negative or `ignored`; returns the largest index, -1 if there is none. */
export function readIndices(labels: Int32Array, ignored: number, marked: Int32Array): number {
  let largest = -1;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    const seen = label >= 0 && label !== ignored;
    marked[i] = seen ? label : -1;
    if (seen && label > largest) largest = label;
  }
  return largest;
}
