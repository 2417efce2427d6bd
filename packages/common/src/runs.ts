/**
 * Calls `visit` for each longest run of places at which neither of two sequences changes, in order. Masks have long runs: bytes are compared
 * four at a time.
 *
 * @param visit Receives both values, the first place of the run and the first one behind it.
 */
export function forEachRun(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  visit: (a: number, b: number, start: number, end: number) => void,
): void {
  const length = Math.min(a.length, b.length);
  const [wordsA, wordsB] = [wordsOf(a), wordsOf(b)];
  for (let start = 0, end = 0; start < length; start = end) {
    const [valueA, valueB] = [a[start]!, b[start]!];
    end = start + 1;
    if (wordsA !== undefined && wordsB !== undefined) {
      while ((end & 3) !== 0 && end < length && a[end] === valueA && b[end] === valueB) end++;
      if ((end & 3) === 0) {
        const words = length >> 2;
        const allA = Math.imul(valueA, REPEATED);
        let word = end >> 2;
        if (a === b) {
          while (word < words && wordsA[word] === allA) word++;
        } else {
          const allB = Math.imul(valueB, REPEATED);
          while (word < words && wordsA[word] === allA && wordsB[word] === allB) word++;
        }
        end = word << 2;
      }
    }
    while (end < length && a[end] === valueA && b[end] === valueB) end++;
    visit(valueA, valueB, start, end);
  }
}

/** Times a byte: the word of four such bytes. */
const REPEATED = 0x01010101;

/** The bytes as words of four; undefined for other numbers, and for bytes that do not start at a word. */
function wordsOf(values: ArrayLike<number>): Int32Array | undefined {
  if (!(values instanceof Uint8Array) || (values.byteOffset & 3) !== 0) return undefined;
  return new Int32Array(values.buffer, values.byteOffset, values.length >> 2);
}

/** How often each value stands somewhere; small whole numbers, of which labels are, take no map. */
export class Tally {
  private readonly small = new Float64Array(256);
  private readonly others = new Map<number, number>();

  add(value: number, count: number): void {
    if (value >= 0 && value < 256 && Number.isInteger(value)) this.small[value]! += count;
    else this.others.set(value, (this.others.get(value) ?? 0) + count);
  }

  /** Values that were counted, rising. */
  entries(): [value: number, count: number][] {
    const counted: [number, number][] = [];
    for (let value = 0; value < 256; value++) {
      if (this.small[value]! > 0) counted.push([value, this.small[value]!]);
    }
    return this.others.size === 0 ? counted : [...counted, ...this.others].sort(([a], [b]) => a - b);
  }
}
