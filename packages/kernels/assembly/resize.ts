// Resampling of images by tables, one entry for each row and each column of the output: it lies between `lower` and `upper` of
// the input (int32), `weight` of the way (float32). The gradients use the same tables, so that they are exact adjoints.
import { multiplyAdd } from './multiply-add';
import { read, write } from './channels';

// @ts-ignore: decorator of AssemblyScript
@inline
function index(table: usize, i: i32): i32 {
  return load<i32>(table + (<usize>i << 2));
}

/** A part is a row of y. Scratch: a row of x. */
// prettier-ignore
export function resizeBilinear(
  x: usize, y: usize, batch: i32, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32,
  rowLower: usize, rowUpper: usize, rowWeight: usize, columnLower: usize, columnUpper: usize, columnWeight: usize,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>channels << 2;
  const rowBytes = <usize>width * pixel;
  for (let part = first; part < end; part++) {
    const n = part / outHeight;
    const oy = part - n * outHeight;
    const image = x + <usize>(n * height) * rowBytes;
    const lower = index(rowLower, oy), upper = index(rowUpper, oy);
    const weight = load<f32>(rowWeight + (<usize>oy << 2));
    let row = image + <usize>lower * rowBytes;
    if (lower != upper && weight != 0) {
      between(row, image + <usize>upper * rowBytes, scratch, rowBytes, weight);
      row = scratch;
    }
    let to = y + <usize>(part * outWidth) * pixel;
    for (let ox = 0; ox < outWidth; ox++) {
      const a = row + <usize>index(columnLower, ox) * pixel;
      const b = row + <usize>index(columnUpper, ox) * pixel;
      between(a, b, to, pixel, load<f32>(columnWeight + (<usize>ox << 2)));
      to += pixel;
    }
  }
}

/** A part is `rowsPerPart` rows of dx of one image. Scratch: a row of dx. */
// prettier-ignore
export function resizeBilinearGradient(
  dy: usize, dx: usize, batch: i32, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32,
  rowLower: usize, rowUpper: usize, rowWeight: usize, columnLower: usize, columnUpper: usize, columnWeight: usize, rowsPerPart: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>channels << 2;
  const rowBytes = <usize>width * pixel;
  const outRow = <usize>outWidth * pixel;
  const partsPerImage = (height + rowsPerPart - 1) / rowsPerPart;
  for (let part = first; part < end; part++) {
    const n = part / partsPerImage;
    const from = (part - n * partsPerImage) * rowsPerPart;
    const to = min(height, from + rowsPerPart);
    const image = dx + <usize>(n * height) * rowBytes;
    memory.fill(image + <usize>from * rowBytes, 0, <usize>(to - from) * rowBytes);
    for (let oy = 0; oy < outHeight; oy++) {
      const lower = index(rowLower, oy), upper = index(rowUpper, oy);
      if (upper < from || lower >= to) continue;
      memory.fill(scratch, 0, rowBytes);
      let at = dy + <usize>(n * outHeight + oy) * outRow;
      for (let ox = 0; ox < outWidth; ox++) {
        const weight = load<f32>(columnWeight + (<usize>ox << 2));
        addScaled(scratch + <usize>index(columnLower, ox) * pixel, at, pixel, 1 - weight);
        addScaled(scratch + <usize>index(columnUpper, ox) * pixel, at, pixel, weight);
        at += pixel;
      }
      const weight = load<f32>(rowWeight + (<usize>oy << 2));
      if (lower >= from) addScaled(image + <usize>lower * rowBytes, scratch, rowBytes, 1 - weight);
      if (upper < to) addScaled(image + <usize>upper * rowBytes, scratch, rowBytes, weight);
    }
  }
}

/** The value at `lower` alone, of any type of 4 bytes; a part is a row of y. */
// prettier-ignore
export function resizeNearest(
  x: usize, y: usize, batch: i32, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32,
  rowLower: usize, columnLower: usize,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>channels << 2;
  for (let part = first; part < end; part++) {
    const n = part / outHeight;
    const oy = part - n * outHeight;
    const row = x + <usize>((n * height + index(rowLower, oy)) * width) * pixel;
    let to = y + <usize>(part * outWidth) * pixel;
    for (let ox = 0; ox < outWidth; ox++) {
      copy(row + <usize>index(columnLower, ox) * pixel, to, pixel);
      to += pixel;
    }
  }
}

/** A part is `rowsPerPart` rows of dx of one image. */
// prettier-ignore
export function resizeNearestGradient(
  dy: usize, dx: usize, batch: i32, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32,
  rowLower: usize, columnLower: usize, rowsPerPart: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>channels << 2;
  const rowBytes = <usize>width * pixel;
  const partsPerImage = (height + rowsPerPart - 1) / rowsPerPart;
  for (let part = first; part < end; part++) {
    const n = part / partsPerImage;
    const from = (part - n * partsPerImage) * rowsPerPart;
    const to = min(height, from + rowsPerPart);
    const image = dx + <usize>(n * height) * rowBytes;
    memory.fill(image + <usize>from * rowBytes, 0, <usize>(to - from) * rowBytes);
    for (let oy = 0; oy < outHeight; oy++) {
      const lower = index(rowLower, oy);
      if (lower < from || lower >= to) continue;
      const row = image + <usize>lower * rowBytes;
      let at = dy + <usize>((n * outHeight + oy) * outWidth) * pixel;
      for (let ox = 0; ox < outWidth; ox++) {
        addScaled(row + <usize>index(columnLower, ox) * pixel, at, pixel, 1);
        at += pixel;
      }
    }
  }
}

/** to = a + (b - a) · weight over `bytes` bytes. The last vector may overlap the one before. */
// @ts-ignore: decorator of AssemblyScript
@inline
function between(a: usize, b: usize, to: usize, bytes: usize, weight: f32): void {
  const vectors = bytes & ~15;
  const w = f32x4.splat(weight);
  let i: usize = 0;
  for (; i < vectors; i += 16) lerp(a + i, b + i, to + i, w, true);
  if (i == bytes) return;
  if (vectors > 0) lerp(a + bytes - 16, b + bytes - 16, to + bytes - 16, w, true);
  else for (; i < bytes; i += 4) lerp(a + i, b + i, to + i, w, false);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function lerp(a: usize, b: usize, to: usize, weight: v128, four: bool): void {
  const start = read(a, four);
  write(to, multiplyAdd(f32x4.sub(read(b, four), start), weight, start), four);
}

/** to += from · scale over `bytes` bytes. */
// @ts-ignore: decorator of AssemblyScript
@inline
function addScaled(to: usize, from: usize, bytes: usize, scale: f32): void {
  const vectors = bytes & ~15;
  const s = f32x4.splat(scale);
  let i: usize = 0;
  for (; i < vectors; i += 16) v128.store(to + i, multiplyAdd(v128.load(from + i), s, v128.load(to + i)));
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) + load<f32>(from + i) * scale);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function copy(from: usize, to: usize, bytes: usize): void {
  const vectors = bytes & ~15;
  let i: usize = 0;
  for (; i < vectors; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i += 4) store<u32>(to + i, load<u32>(from + i));
}
