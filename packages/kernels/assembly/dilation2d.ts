// Grayscale dilation, y[n,oy,ox,c] = max_{ky,kx} x[n, oy·s+ky·d-pad, ox·s+kx·d-pad, c] + w[ky,kx,c], and its gradients:
// dy goes to the first largest sum, in x and in w. Values outside the image do not count.
import { addTo, read, write } from './channels';
import { endOutput, firstOutput } from './tap-range';

/** A part is a row of y. */
// prettier-ignore
export function dilation2d(
  x: usize, w: usize, y: usize,
  batch: i32, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32, filterHeight: i32, filterWidth: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, padTop: i32, padLeft: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>channels << 2;
  const vectors = <usize>(channels & ~3) << 2;
  const row = <usize>(dilationY * width) * pixel;
  const column = <usize>dilationX * pixel;
  for (let part = first; part < end; part++) {
    const n = part / outHeight;
    const top = (part - n * outHeight) * strideY - padTop;
    const y0 = firstOutput(top, dilationY), y1 = endOutput(top, dilationY, height, filterHeight);
    let to = y + <usize>(part * outWidth) * pixel;
    for (let ox = 0; ox < outWidth; ox++) {
      const left = ox * strideX - padLeft;
      const x0 = firstOutput(left, dilationX), x1 = endOutput(left, dilationX, width, filterWidth);
      const at = x + <usize>((n * height + top) * width + left) * pixel; // may lie before the image: its taps do not
      let c: usize = 0;
      for (; c < vectors; c += 16) write(to + c, largest(at + c, w + c, y0, y1, x0, x1, filterWidth, row, column, pixel, true), true);
      for (; c < pixel; c += 4) write(to + c, largest(at + c, w + c, y0, y1, x0, x1, filterWidth, row, column, pixel, false), false);
      to += pixel;
    }
  }
}

/** A part is an image. */
// prettier-ignore
export function dilation2dInputGradient(
  x: usize, w: usize, dy: usize, dx: usize,
  batch: i32, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32, filterHeight: i32, filterWidth: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, padTop: i32, padLeft: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>channels << 2;
  const vectors = <usize>(channels & ~3) << 2;
  const row = <usize>(dilationY * width) * pixel;
  const column = <usize>dilationX * pixel;
  const image = <usize>(height * width) * pixel;
  memory.fill(dx + <usize>first * image, 0, <usize>(end - first) * image);
  for (let part = first * outHeight; part < end * outHeight; part++) {
    const n = part / outHeight;
    const top = (part - n * outHeight) * strideY - padTop;
    const y0 = firstOutput(top, dilationY), y1 = endOutput(top, dilationY, height, filterHeight);
    let from = dy + <usize>(part * outWidth) * pixel;
    for (let ox = 0; ox < outWidth; ox++) {
      const left = ox * strideX - padLeft;
      const x0 = firstOutput(left, dilationX), x1 = endOutput(left, dilationX, width, filterWidth);
      const place = <usize>((n * height + top) * width + left) * pixel;
      let c: usize = 0;
      for (; c < vectors; c += 16) giveToLargest(from + c, x + place + c, w + c, dx + place + c, row, column, y0, y1, x0, x1, filterWidth, row, column, pixel, true);
      for (; c < pixel; c += 4) giveToLargest(from + c, x + place + c, w + c, dx + place + c, row, column, y0, y1, x0, x1, filterWidth, row, column, pixel, false);
      from += pixel;
    }
  }
}

/** Partial sums [kh,kw,c] of `rowsPerPart` rows of dy each, at `sums`. Scratch: such a sum, within a row. */
// prettier-ignore
export function dilation2dFilterGradient(
  x: usize, w: usize, dy: usize, sums: usize,
  batch: i32, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32, filterHeight: i32, filterWidth: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, padTop: i32, padLeft: i32, rowsPerPart: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>channels << 2;
  const vectors = <usize>(channels & ~3) << 2;
  const row = <usize>(dilationY * width) * pixel;
  const column = <usize>dilationX * pixel;
  const size = <usize>(filterHeight * filterWidth) * pixel;
  for (let part = first; part < end; part++) {
    const slot = sums + <usize>part * size;
    memory.fill(slot, 0, size);
    const endRow = min((part + 1) * rowsPerPart, batch * outHeight);
    for (let line = part * rowsPerPart; line < endRow; line++) {
      memory.fill(scratch, 0, size);
      const n = line / outHeight;
      const top = (line - n * outHeight) * strideY - padTop;
      const y0 = firstOutput(top, dilationY), y1 = endOutput(top, dilationY, height, filterHeight);
      let from = dy + <usize>(line * outWidth) * pixel;
      for (let ox = 0; ox < outWidth; ox++) {
        const left = ox * strideX - padLeft;
        const x0 = firstOutput(left, dilationX), x1 = endOutput(left, dilationX, width, filterWidth);
        const at = x + <usize>((n * height + top) * width + left) * pixel;
        let c: usize = 0;
        for (; c < vectors; c += 16) giveToLargest(from + c, at + c, w + c, scratch + c, <usize>filterWidth * pixel, pixel, y0, y1, x0, x1, filterWidth, row, column, pixel, true);
        for (; c < pixel; c += 4) giveToLargest(from + c, at + c, w + c, scratch + c, <usize>filterWidth * pixel, pixel, y0, y1, x0, x1, filterWidth, row, column, pixel, false);
        from += pixel;
      }
      addTo(slot, scratch, size);
    }
  }
}

// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function largest(
  x: usize, w: usize, y0: i32, y1: i32, x0: i32, x1: i32, filterWidth: i32, row: usize, column: usize, pixel: usize, four: bool,
): v128 {
  let best = f32x4.splat(-Infinity);
  for (let ky = y0; ky < y1; ky++) {
    for (let kx = x0; kx < x1; kx++) {
      const value = read(x + <usize>ky * row + <usize>kx * column, four);
      best = f32x4.pmax(best, f32x4.add(value, read(w + <usize>(ky * filterWidth + kx) * pixel, four)));
    }
  }
  return best;
}

/** Adds dy at the tap of the largest sum; the taps of the gradient are `toRow` and `toColumn` bytes apart. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function giveToLargest(
  dy: usize, x: usize, w: usize, to: usize, toRow: usize, toColumn: usize,
  y0: i32, y1: i32, x0: i32, x1: i32, filterWidth: i32, row: usize, column: usize, pixel: usize, four: bool,
): void {
  const best = largest(x, w, y0, y1, x0, x1, filterWidth, row, column, pixel, four);
  let rest = read(dy, four);
  for (let ky = y0; ky < y1; ky++) {
    for (let kx = x0; kx < x1; kx++) {
      const value = read(x + <usize>ky * row + <usize>kx * column, four);
      const here = f32x4.eq(f32x4.add(value, read(w + <usize>(ky * filterWidth + kx) * pixel, four)), best);
      const at = to + <usize>ky * toRow + <usize>kx * toColumn;
      write(at, f32x4.add(read(at, four), v128.and(rest, here)), four);
      rest = v128.andnot(rest, here);
    }
  }
}
