// Order without comparisons: by the digits of the numbers' bits, eleven at a time.

/** Values of a digit, and bytes of how often each occurs. */
const DIGITS: i32 = 2048;
const COUNTS: usize = 8192;

/** Bits that rise as the number falls. -0 counts as 0. */
// @ts-ignore: decorator of AssemblyScript
@inline
function fallingKey(x: f32): u32 {
  const bits = reinterpret<u32>(x + 0);
  return ~(bits ^ (<u32>(<i32>bits >> 31) | 0x80000000));
}

// @ts-ignore: decorator of AssemblyScript
@inline
function numberOf(key: u32): f32 {
  const bits = ~key;
  return reinterpret<f32>(bits ^ (<i32>bits < 0 ? 0x80000000 : 0xffffffff));
}

// @ts-ignore: decorator of AssemblyScript
@inline
function countOne(counts: usize, digit: u32): void {
  const at = counts + (<usize>digit << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** out [R]: of each row of values [R, length] the one of which as many are larger as ranks [R] says; equal ones stand in a row. */
// prettier-ignore
export function valuesAtRanks(values: usize, ranks: usize, out: usize, length: i32, counts: usize, first: i32, end: i32): void {
  for (let row = first; row < end; row++) {
    const from = values + (<usize>row * <usize>length << 2);
    const place = <usize>row << 2;
    let rank = <u32>max(0, min(length - 1, <i32>load<f32>(ranks + place)));
    let key: u32 = 0;
    // From the highest digit down: those that share the digits found so far are counted by the next.
    for (let shift = 22; shift >= 0; shift -= 11) {
      memory.fill(counts, 0, COUNTS);
      const known = shift == 22 ? 0 : key >>> (shift + 11);
      for (let at = from, last = from + (<usize>length << 2); at < last; at += 4) {
        const next = fallingKey(load<f32>(at));
        if (shift == 22 || next >>> (shift + 11) == known) countOne(counts, (next >>> shift) & (DIGITS - 1));
      }
      let digit: u32 = 0;
      for (; ; digit++) {
        const count = load<u32>(counts + (<usize>digit << 2));
        if (rank < count) break;
        rank -= count;
      }
      key |= digit << shift;
    }
    store<f32>(out + place, numberOf(key));
  }
}

/**
 * The slope of the Lovász extension of the Jaccard loss by each error, out [G, length, C]: along the middle axis, errors sorted downwards, what
 * each adds to J = 1 - (G - Σ y) / (G + Σ (1 - y)), in float64. Elements of which `valid` is 0 have no part, and get 0. A part is one
 * group and column; its scratch is three counts, and twice a key and a place for each element.
 */
// prettier-ignore
export function lovaszWeights(
  errors: usize, target: usize, valid: usize, out: usize, length: i32, columns: i32, scratch: usize, first: i32, end: i32,
): void {
  const step = <usize>columns << 2;
  const pairs = scratch + 3 * COUNTS;
  const others = pairs + (<usize>length << 3);
  for (let part = first; part < end; part++) {
    const start = <usize>(part / columns) * <usize>length * step + (<usize>(part % columns) << 2);
    memory.fill(scratch, 0, 3 * COUNTS);
    let all: f64 = 0;
    let to = pairs;
    for (let i = 0, at = start; i < length; i++, at += step) {
      if (!(load<f32>(valid + at) > 0)) {
        store<f32>(out + at, 0);
        continue;
      }
      const key = fallingKey(load<f32>(errors + at));
      store<u32>(to, key);
      store<u32>(to + 4, i);
      to += 8;
      countOne(scratch, key & (DIGITS - 1));
      countOne(scratch + COUNTS, (key >>> 11) & (DIGITS - 1));
      countOne(scratch + 2 * COUNTS, key >>> 22);
      all += <f64>load<f32>(target + at);
    }
    let from = pairs;
    let into = others;
    const bytes = to - pairs;
    for (let pass = 0; pass < 3; pass++) {
      if (!startsOf(scratch + <usize>pass * COUNTS, bytes)) continue;
      sortByDigit(from, into, bytes, scratch + <usize>pass * COUNTS, 11 * pass);
      const sorted = into;
      into = from;
      from = sorted;
    }
    let remaining = all;
    let union = all;
    let before: f64 = 0;
    for (const stop = from + bytes; from < stop; from += 8) {
      const at = start + <usize>load<u32>(from + 4) * step;
      const y = <f64>load<f32>(target + at);
      remaining -= y;
      union += 1 - y;
      const jaccard = 1 - remaining / max(union, 1e-7);
      store<f32>(out + at, <f32>(jaccard - before));
      before = jaccard;
    }
  }
}

/** Counts to the bytes at which each digit's pairs begin; false if all pairs have the same digit. */
function startsOf(counts: usize, bytes: usize): bool {
  let sum: u32 = 0;
  for (let at = counts; at < counts + COUNTS; at += 4) {
    const size = load<u32>(at) << 3;
    if (<usize>size == bytes) return false;
    store<u32>(at, sum);
    sum += size;
  }
  return true;
}

/** Pairs of key and place by one digit of the key; equal ones stay in their order. */
function sortByDigit(from: usize, into: usize, bytes: usize, starts: usize, shift: u32): void {
  for (const end = from + bytes; from < end; from += 8) {
    const at = starts + (<usize>((load<u32>(from) >>> shift) & (DIGITS - 1)) << 2);
    const place = load<u32>(at);
    store<u64>(into + <usize>place, load<u64>(from));
    store<u32>(at, place + 8);
  }
}
