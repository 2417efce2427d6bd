import { Refusal } from '../errors.js';

const [CLEAR, END, FIRST] = [256, 257, 258];
const MAX_CODES = 4096;

/**
 * Unpacks TIFF's LZW: codes of 9 to 12 bits, the high bits first, one code earlier than GIF's.
 *
 * @param wanted Bytes after which it stops: memory is bounded by that.
 * @returns At most `wanted` bytes.
 * @see Adobe, "TIFF Revision 6.0", section 13.
 */
export function decodeLzw(packed: Uint8Array, wanted: number): Uint8Array {
  const bytes = new Uint8Array(wanted);
  // Each code stands for a run of bytes that was written before: where it starts and how long it is.
  const starts = new Uint32Array(MAX_CODES);
  const lengths = new Uint32Array(MAX_CODES);
  let [next, width, to] = [FIRST, 9, 0];
  let previous = -1;
  let [buffer, bits] = [0, 0];
  for (let at = 0; to < wanted;) {
    while (bits < width && at < packed.length) {
      buffer = ((buffer & 0xffff) << 8) | packed[at++]!;
      bits += 8;
    }
    if (bits < width) break;
    const code = (buffer >>> (bits - width)) & ((1 << width) - 1);
    bits -= width;
    if (code === END) break;
    if (code === CLEAR) {
      [next, width, previous] = [FIRST, 9, -1];
      continue;
    }
    const begin = to;
    if (code < CLEAR) {
      bytes[to++] = code;
    } else if (code < next) {
      to = repeat(bytes, starts[code]!, lengths[code]!, to);
    } else if (code === next && previous >= 0) {
      to = repeat(bytes, previous, begin - previous, to);
      if (to < wanted) bytes[to++] = bytes[previous]!;
    } else {
      throw new Refusal('it is damaged (a code of its LZW stream is unknown)');
    }
    if (previous >= 0 && next < MAX_CODES) {
      // The run before, and the first byte of this one, which stands behind it.
      [starts[next], lengths[next]] = [previous, begin - previous + 1];
      next++;
    }
    if (next + 1 >= 1 << width && width < 12) width++;
    previous = begin;
  }
  return bytes.subarray(0, to);
}

function repeat(bytes: Uint8Array, from: number, length: number, to: number): number {
  const end = Math.min(to + length, bytes.length);
  for (let i = from; to < end; i++) bytes[to++] = bytes[i]!;
  return to;
}
