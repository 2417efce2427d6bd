import { read, write } from './channels';
import { endOutput, firstOutput } from './tap-range';

/** One window of four channels, or of one; x and dx are where it begins, rows and columns are the bytes between its taps. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function giveToLargest(
  dy: usize, x: usize, apart: usize, firstY: i32, endY: i32, firstX: i32, endX: i32, row: usize, column: usize, four: bool,
): void {
  let best = f32x4.splat(-Infinity);
  for (let ky = firstY; ky < endY; ky++) {
    for (let kx = firstX; kx < endX; kx++) best = f32x4.pmax(best, read(x + <usize>ky * row + <usize>kx * column, four));
  }
  let rest = read(dy, four);
  for (let ky = firstY; ky < endY; ky++) {
    for (let kx = firstX; kx < endX; kx++) {
      const at = x + <usize>ky * row + <usize>kx * column;
      const here = f32x4.eq(read(at, four), best);
      write(at + apart, f32x4.add(read(at + apart, four), v128.and(rest, here)), four);
      rest = v128.andnot(rest, here);
    }
  }
}

/** Whether no two rows of windows share a row of the image. */
// @ts-ignore: decorator of AssemblyScript
@inline
function apart(filterHeight: i32, strideY: i32, dilationY: i32): bool {
  return (filterHeight - 1) * dilationY < strideY;
}

/** A part of the gradient is a row of windows, or where these overlap a whole image. */
export function maxPoolGradientParts(batch: i32, outHeight: i32, filterHeight: i32, strideY: i32, dilationY: i32): i32 {
  return apart(filterHeight, strideY, dilationY) ? batch * outHeight : batch;
}

/** Parts first..end of the gradient, which goes to the first largest value of each window, whatever its sign. */
// prettier-ignore
export function maxPoolGradient(
  dy: usize, x: usize, dx: usize,
  batch: i32, height: i32, width: i32, channels: i32,
  outHeight: i32, outWidth: i32,
  filterHeight: i32, filterWidth: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, padTop: i32, padLeft: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>channels << 2;
  const vectors = <usize>(channels & ~3) << 2;
  const row = <usize>(dilationY * width) * pixel;
  const column = <usize>dilationX * pixel;
  const rows = apart(filterHeight, strideY, dilationY) ? 1 : outHeight; // of windows in a part
  dy += <usize>(first * rows * outWidth) * pixel;
  for (let part = first; part < end; part++) {
    const n = part * rows / outHeight;
    const begin = part * rows % outHeight;
    // The rows of the image from those of this part's windows up to those of the next part.
    const own = begin == 0 ? 0 : max(0, min(begin * strideY - padTop, height));
    const next = begin + rows == outHeight ? height : min((begin + rows) * strideY - padTop, height);
    if (next > own) memory.fill(dx + <usize>((n * height + own) * width) * pixel, 0, <usize>((next - own) * width) * pixel);
    for (let oy = begin; oy < begin + rows; oy++) {
      const top = oy * strideY - padTop;
      const firstY = firstOutput(top, dilationY);
      const endY = endOutput(top, dilationY, height, filterHeight);
      for (let ox = 0; ox < outWidth; ox++) {
        const left = ox * strideX - padLeft;
        const firstX = firstOutput(left, dilationX);
        const endX = endOutput(left, dilationX, width, filterWidth);
        const at = x + <usize>((n * height + top) * width + left) * pixel; // may lie before the image: its taps do not
        let c: usize = 0;
        for (; c < vectors; c += 16) giveToLargest(dy + c, at + c, dx - x, firstY, endY, firstX, endX, row, column, true);
        for (; c < pixel; c += 4) giveToLargest(dy + c, at + c, dx - x, firstY, endY, firstX, endX, row, column, false);
        dy += pixel;
      }
    }
  }
}
