/** Bytes of a part of {@link copyRows}, unless a row has more. */
const PART: usize = 1 << 17;

function rowsOfPart(bytes: usize): i32 {
  return <i32>max(1, PART / bytes);
}

/** Parts of {@link copyRows}. */
export function copyParts(bytes: usize, rows: i32): i32 {
  const each = rowsOfPart(bytes);
  return (rows + each - 1) / each;
}

/** Copies `bytes` (a multiple of 4) of each row; the rows lie `fromStride` and `toStride` bytes apart. */
// prettier-ignore
export function copyRows(
  from: usize, fromStride: usize, to: usize, toStride: usize, bytes: usize, rows: i32, scratch: usize, first: i32, end: i32,
): void {
  const each = rowsOfPart(bytes);
  const vectors = bytes & ~15;
  const begin = <usize>(first * each);
  from += begin * fromStride;
  to += begin * toStride;
  for (let r = first * each; r < min(rows, end * each); r++) {
    let i: usize = 0;
    for (; i < vectors; i += 16) v128.store(to + i, v128.load(from + i));
    for (; i < bytes; i += 4) store<u32>(to + i, load<u32>(from + i));
    from += fromStride;
    to += toStride;
  }
}
