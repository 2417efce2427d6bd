// 3-D average-pooling: y[n,oz,oy,ox,c] = mean over the window of x, of the values within the image. In 2-D the depth is 1.
import { read, write } from './channels';

/** A part is a row of y. */
// prettier-ignore
export function averagePool3d(
  x: usize, y: usize,
  batch: i32, depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  filterDepth: i32, filterHeight: i32, filterWidth: i32, strideZ: i32, strideY: i32, strideX: i32,
  padFront: i32, padTop: i32, padLeft: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>channels << 2;
  const vectors = <usize>(channels & ~3) << 2;
  const row = <usize>width * pixel;
  const slice = <usize>height * row;
  for (let part = first; part < end; part++) {
    const plane = part / outHeight;
    const n = plane / outDepth;
    const front = (plane - n * outDepth) * strideZ - padFront;
    const top = (part - plane * outHeight) * strideY - padTop;
    const z0 = max(0, front), z1 = min(depth, front + filterDepth);
    const y0 = max(0, top), y1 = min(height, top + filterHeight);
    const image = x + <usize>(n * depth) * slice;
    let to = y + <usize>(part * outWidth) * pixel;
    for (let ox = 0; ox < outWidth; ox++) {
      const left = ox * strideX - padLeft;
      const x0 = max(0, left), x1 = min(width, left + filterWidth);
      const share = f32x4.splat(1 / <f32>((z1 - z0) * (y1 - y0) * (x1 - x0)));
      let c: usize = 0;
      for (; c < vectors; c += 16) write(to + c, f32x4.mul(share, sum(image + c, z0, z1, y0, y1, x0, x1, slice, row, pixel, true)), true);
      for (; c < pixel; c += 4) write(to + c, f32x4.mul(share, sum(image + c, z0, z1, y0, y1, x0, x1, slice, row, pixel, false)), false);
      to += pixel;
    }
  }
}

/**
 * Every value of a window gets its share of dy. dx is zero before. A part is the windows of `slicesPerPart` slices of y of one image:
 * those of different parts must not overlap.
 */
// prettier-ignore
export function averagePool3dGradient(
  dy: usize, dx: usize,
  batch: i32, depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  filterDepth: i32, filterHeight: i32, filterWidth: i32, strideZ: i32, strideY: i32, strideX: i32,
  padFront: i32, padTop: i32, padLeft: i32, slicesPerPart: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>channels << 2;
  const vectors = <usize>(channels & ~3) << 2;
  const row = <usize>width * pixel;
  const slice = <usize>height * row;
  for (let plane = first * slicesPerPart; plane < end * slicesPerPart; plane++) {
    const n = plane / outDepth;
    const front = (plane - n * outDepth) * strideZ - padFront;
    const z0 = max(0, front), z1 = min(depth, front + filterDepth);
    const image = dx + <usize>(n * depth) * slice;
    let from = dy + <usize>(plane * outHeight * outWidth) * pixel;
    for (let oy = 0; oy < outHeight; oy++) {
      const top = oy * strideY - padTop;
      const y0 = max(0, top), y1 = min(height, top + filterHeight);
      for (let ox = 0; ox < outWidth; ox++) {
        const left = ox * strideX - padLeft;
        const x0 = max(0, left), x1 = min(width, left + filterWidth);
        const share = f32x4.splat(1 / <f32>((z1 - z0) * (y1 - y0) * (x1 - x0)));
        let c: usize = 0;
        for (; c < vectors; c += 16) spread(f32x4.mul(share, read(from + c, true)), image + c, z0, z1, y0, y1, x0, x1, slice, row, pixel, true);
        for (; c < pixel; c += 4) spread(f32x4.mul(share, read(from + c, false)), image + c, z0, z1, y0, y1, x0, x1, slice, row, pixel, false);
        from += pixel;
      }
    }
  }
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
