/** Writes each of `rows` rows of `bytes` bytes `times` times, one copy after the other. */
export function tileRows(from: usize, to: usize, rows: i32, bytes: usize, times: i32): void {
  const size = bytes * <usize>times;
  for (let row = 0; row < rows; row++) {
    if (bytes == 4) repeatNumber(load<u32>(from), to, size);
    else if (bytes == 1) memory.fill(to, load<u8>(from), size);
    else repeatBytes(from, to, bytes, size);
    from += bytes;
    to += size;
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function repeatNumber(bits: u32, to: usize, size: usize): void {
  const end = to + size;
  if (size < 16) {
    for (; to < end; to += 4) store<u32>(to, bits);
    return;
  }
  const four = i32x4.splat(bits);
  for (const last = end - 16; to < last; to += 16) v128.store(to, four);
  v128.store(end - 16, four); // overlaps the one before where the size is no multiple of 16
}

/** Copies what is written already, twice as much each time. */
function repeatBytes(from: usize, to: usize, bytes: usize, size: usize): void {
  memory.copy(to, from, bytes);
  for (let done = bytes; done < size; done <<= 1) memory.copy(to + done, to, min(done, size - done));
}
