/** Copies `bytes` (a multiple of 4) of each row; the rows lie `fromStride` and `toStride` bytes apart. */
// prettier-ignore
export function copyRows(from: usize, fromStride: usize, to: usize, toStride: usize, bytes: usize, rows: i32): void {
  const vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    let i: usize = 0;
    for (; i < vectors; i += 16) v128.store(to + i, v128.load(from + i));
    for (; i < bytes; i += 4) store<u32>(to + i, load<u32>(from + i));
    from += fromStride;
    to += toStride;
  }
}
