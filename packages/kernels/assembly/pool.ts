// Pooling: the largest value or the mean of a window of x, for each channel, and their gradients. Values outside the image do not
// count. In 2-D the depth is 1.
import { read, write } from './channels';

const MAX: i32 = 0;
const MEAN: i32 = 1;
const MAX_GRADIENT: i32 = 2;
const MEAN_GRADIENT: i32 = 3;

/** y[n,oz,oy,ox,c] = max over the window of x; a part is a row of y. */
// prettier-ignore
export function maxPool(
  x: usize, y: usize,
  batch: i32, depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  filterDepth: i32, filterHeight: i32, filterWidth: i32, strideZ: i32, strideY: i32, strideX: i32,
  padFront: i32, padTop: i32, padLeft: i32,
  scratch: usize, first: i32, end: i32,
): void {
  eachWindow(MAX, y, x, 0, depth, height, width, channels, outDepth, outHeight, outWidth, filterDepth, filterHeight, filterWidth,
    strideZ, strideY, strideX, padFront, padTop, padLeft, first, end);
}

/** y[n,oz,oy,ox,c] = mean over the window of x; a part is a row of y. */
// prettier-ignore
export function averagePool(
  x: usize, y: usize,
  batch: i32, depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  filterDepth: i32, filterHeight: i32, filterWidth: i32, strideZ: i32, strideY: i32, strideX: i32,
  padFront: i32, padTop: i32, padLeft: i32,
  scratch: usize, first: i32, end: i32,
): void {
  eachWindow(MEAN, y, x, 0, depth, height, width, channels, outDepth, outHeight, outWidth, filterDepth, filterHeight, filterWidth,
    strideZ, strideY, strideX, padFront, padTop, padLeft, first, end);
}

/**
 * dy goes to the first largest value of each window, whatever its sign. dx is zero before. A part is the windows of
 * `rowsPerPart` rows of y: those of different parts must not overlap.
 */
// prettier-ignore
export function maxPoolGradient(
  dy: usize, x: usize, dx: usize,
  batch: i32, depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  filterDepth: i32, filterHeight: i32, filterWidth: i32, strideZ: i32, strideY: i32, strideX: i32,
  padFront: i32, padTop: i32, padLeft: i32, rowsPerPart: i32,
  scratch: usize, first: i32, end: i32,
): void {
  eachWindow(MAX_GRADIENT, dy, x, dx - x, depth, height, width, channels, outDepth, outHeight, outWidth, filterDepth, filterHeight, filterWidth,
    strideZ, strideY, strideX, padFront, padTop, padLeft, first * rowsPerPart, end * rowsPerPart);
}

/** Every value of a window gets its share of dy; the rest as for {@link maxPoolGradient}. */
// prettier-ignore
export function averagePoolGradient(
  dy: usize, dx: usize,
  batch: i32, depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  filterDepth: i32, filterHeight: i32, filterWidth: i32, strideZ: i32, strideY: i32, strideX: i32,
  padFront: i32, padTop: i32, padLeft: i32, rowsPerPart: i32,
  scratch: usize, first: i32, end: i32,
): void {
  eachWindow(MEAN_GRADIENT, dy, dx, 0, depth, height, width, channels, outDepth, outHeight, outWidth, filterDepth, filterHeight, filterWidth,
    strideZ, strideY, strideX, padFront, padTop, padLeft, first * rowsPerPart, end * rowsPerPart);
}

/**
 * Does what `kind` says, a constant, for the windows of rows `firstRow` to before `endRow` of `pooled`: y, or dy. `image` is what the
 * windows lie in, x or dx, and `apart` the way from x to dx.
 */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function eachWindow(
  kind: i32, pooled: usize, image: usize, apart: usize,
  depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  filterDepth: i32, filterHeight: i32, filterWidth: i32, strideZ: i32, strideY: i32, strideX: i32,
  padFront: i32, padTop: i32, padLeft: i32, firstRow: i32, endRow: i32,
): void {
  const pixel = <usize>channels << 2;
  const vectors = <usize>(channels & ~3) << 2;
  const row = <usize>width * pixel;
  const slice = <usize>height * row;
  for (let line = firstRow; line < endRow; line++) {
    const plane = line / outHeight;
    const n = plane / outDepth;
    const front = (plane - n * outDepth) * strideZ - padFront;
    const top = (line - plane * outHeight) * strideY - padTop;
    const z0 = max(0, front), z1 = min(depth, front + filterDepth);
    const y0 = max(0, top), y1 = min(height, top + filterHeight);
    const corner = image + <usize>(n * depth) * slice;
    let at = pooled + <usize>(line * outWidth) * pixel;
    for (let ox = 0; ox < outWidth; ox++) {
      const left = ox * strideX - padLeft;
      const x0 = max(0, left), x1 = min(width, left + filterWidth);
      let c: usize = 0;
      for (; c < vectors; c += 16) oneWindow(kind, at + c, corner + c, apart, z0, z1, y0, y1, x0, x1, slice, row, pixel, true);
      for (; c < pixel; c += 4) oneWindow(kind, at + c, corner + c, apart, z0, z1, y0, y1, x0, x1, slice, row, pixel, false);
      at += pixel;
    }
  }
}

// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function oneWindow(
  kind: i32, at: usize, image: usize, apart: usize,
  z0: i32, z1: i32, y0: i32, y1: i32, x0: i32, x1: i32, slice: usize, row: usize, pixel: usize, four: bool,
): void {
  // At least 1: the sum of a window that lies wholly in the padding is 0.
  const share = f32x4.splat(1 / <f32>max(1, (z1 - z0) * (y1 - y0) * (x1 - x0)));
  if (kind == MAX) write(at, largest(image, z0, z1, y0, y1, x0, x1, slice, row, pixel, four), four);
  if (kind == MEAN) write(at, f32x4.mul(share, sum(image, z0, z1, y0, y1, x0, x1, slice, row, pixel, four)), four);
  if (kind == MAX_GRADIENT) giveToLargest(at, image, apart, z0, z1, y0, y1, x0, x1, slice, row, pixel, four);
  if (kind == MEAN_GRADIENT) spread(f32x4.mul(share, read(at, four)), image, z0, z1, y0, y1, x0, x1, slice, row, pixel, four);
}

// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function largest(
  x: usize, z0: i32, z1: i32, y0: i32, y1: i32, x0: i32, x1: i32, slice: usize, row: usize, pixel: usize, four: bool,
): v128 {
  let best = f32x4.splat(-Infinity);
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      const at = x + <usize>z * slice + <usize>y * row;
      for (let i = x0; i < x1; i++) best = f32x4.pmax(best, read(at + <usize>i * pixel, four));
    }
  }
  return best;
}

// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function sum(
  x: usize, z0: i32, z1: i32, y0: i32, y1: i32, x0: i32, x1: i32, slice: usize, row: usize, pixel: usize, four: bool,
): v128 {
  let total = f32x4.splat(0);
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      const at = x + <usize>z * slice + <usize>y * row;
      for (let i = x0; i < x1; i++) total = f32x4.add(total, read(at + <usize>i * pixel, four));
    }
  }
  return total;
}

// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function giveToLargest(
  dy: usize, x: usize, apart: usize, z0: i32, z1: i32, y0: i32, y1: i32, x0: i32, x1: i32, slice: usize, row: usize, pixel: usize, four: bool,
): void {
  const best = largest(x, z0, z1, y0, y1, x0, x1, slice, row, pixel, four);
  let rest = read(dy, four);
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      let at = x + <usize>z * slice + <usize>y * row + <usize>x0 * pixel;
      for (let i = x0; i < x1; i++) {
        const here = f32x4.eq(read(at, four), best);
        write(at + apart, f32x4.add(read(at + apart, four), v128.and(rest, here)), four);
        rest = v128.andnot(rest, here);
        at += pixel;
      }
    }
  }
}

// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function spread(
  value: v128, dx: usize, z0: i32, z1: i32, y0: i32, y1: i32, x0: i32, x1: i32, slice: usize, row: usize, pixel: usize, four: bool,
): void {
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      const to = dx + <usize>z * slice + <usize>y * row;
      for (let i = x0; i < x1; i++) {
        const at = to + <usize>i * pixel;
        write(at, f32x4.add(read(at, four), value), four);
      }
    }
  }
}
