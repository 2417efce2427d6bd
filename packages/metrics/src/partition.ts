/**
 * Moves values so that none before `rank` is larger, and none behind it smaller, than the one that then stands there, which it returns: what would
 * stand there if they were sorted.
 *
 * @param values Without NaN.
 * @see C. A. R. Hoare, "Algorithm 65: find", CACM 1961.
 */
export function partition(values: Float64Array, rank: number): number {
  for (let left = 0, right = values.length - 1; left < right;) {
    const pivot = middleOf(values[left]!, values[(left + right) >> 1]!, values[right]!);
    let [i, j] = [left, right];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const value = values[i]!;
      values[i++] = values[j]!;
      values[j--] = value;
    }
    if (rank <= j) right = j;
    else if (rank >= i) left = i;
    else break; // between the two halves, where all are equal to the pivot
  }
  return values[rank]!;
}

const middleOf = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
