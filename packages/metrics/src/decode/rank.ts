/**
 * Indices of values in falling order, equal ones by index: a radix sort of their float32 bits, in linear time.
 *
 * @param values From 0 to 1.
 */
export function fallingOrder(values: ArrayLike<number>): Uint32Array {
  const n = values.length;
  const bits = new Uint32Array(new Float32Array(n).map((_, i) => Math.max(0, values[i]!) + 0).buffer);
  let order = Uint32Array.from({ length: n }, (_, i) => i);
  let next = new Uint32Array(n);
  for (let shift = 0; shift < 32; shift += 11) {
    const starts = new Uint32Array(2049);
    for (let i = 0; i < n; i++) starts[2048 - ((bits[i]! >>> shift) & 2047)]!++;
    for (let digit = 1, sum = 0; digit <= 2048; digit++) {
      const count = starts[digit]!;
      starts[digit] = sum;
      sum += count;
    }
    for (let j = 0; j < n; j++) {
      const i = order[j]!;
      next[starts[2048 - ((bits[i]! >>> shift) & 2047)]!++] = i;
    }
    [order, next] = [next, order];
  }
  return order;
}
