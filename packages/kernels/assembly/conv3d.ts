// y[n,oz,oy,ox,co] = Σ x[n, oz·s+kz·d-pad, oy·s+ky·d-pad, ox·s+kx·d-pad, ci] · w[kz,ky,kx,ci,co] and its gradients, by the
// row kernels of the 2-D gradients. Where a filter has no dilation along x, its taps of a row and their input channels
// lie side by side in x as in w: inside the image they are one sum over kw·ci.
import { addTo } from './channels';
import { outerProducts } from './filter-gradient';
import { rowTimesTap, swapFilter } from './input-gradient';
import { multiplyAdd } from './multiply-add';
import { endOutput, firstOutput } from './tap-range';

/** With fewer outputs than this, a vector of them would be mostly empty: vectors then run over the inputs. */
const FEWEST_OUTPUTS = 4;

/** Scratch of {@link conv3d}: for few outputs, the filter with the inputs of each output side by side. */
export function conv3dScratch(taps: i32, inputs: i32, outputs: i32): i32 {
  return outputs < FEWEST_OUTPUTS ? (taps * inputs * outputs) << 2 : 0;
}

/** The convolution; a part is a row of y. */
// prettier-ignore
export function conv3d(
  x: usize, w: usize, y: usize,
  batch: i32, depth: i32, height: i32, width: i32, inputs: i32,
  outDepth: i32, outHeight: i32, outWidth: i32, outputs: i32,
  filterDepth: i32, filterHeight: i32, filterWidth: i32, strideZ: i32, strideY: i32, strideX: i32,
  dilationZ: i32, dilationY: i32, dilationX: i32, padFront: i32, padTop: i32, padLeft: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>inputs << 2;
  const outPixel = <usize>outputs << 2;
  const tapBytes = <usize>(inputs * outputs) << 2;
  const few = outputs < FEWEST_OUTPUTS;
  if (few) {
    swapFilter(w, scratch, filterDepth * filterHeight, filterWidth * inputs, outputs, false, 0, 0, filterDepth * filterHeight);
    w = scratch;
  }
  const rowOfTaps = filterWidth * inputs;
  const tapStep = few ? pixel : tapBytes;
  const joined = dilationX == 1 && filterWidth > 1;
  const inner = joined ? firstOutput(-padLeft, strideX) : outWidth; // outputs from inner to outer read all taps of a row
  const outer = joined ? max(inner, endOutput(filterWidth - 1 - padLeft, strideX, width, outWidth)) : outWidth;
  for (let part = first; part < end; part++) {
    const oy = part % outHeight;
    const slice = part / outHeight;
    const oz = slice % outDepth;
    const n = slice / outDepth;
    const to = y + <usize>(part * outWidth) * outPixel;
    memory.fill(to, 0, <usize>outWidth * outPixel);
    for (let kz = 0; kz < filterDepth; kz++) {
      const iz = oz * strideZ + kz * dilationZ - padFront;
      if (iz < 0 || iz >= depth) continue;
      for (let ky = 0; ky < filterHeight; ky++) {
        const iy = oy * strideY + ky * dilationY - padTop;
        if (iy < 0 || iy >= height) continue;
        const row = x + <usize>(((n * depth + iz) * height + iy) * width) * pixel;
        const taps = w + <usize>((kz * filterHeight + ky) * filterWidth) * tapBytes;
        if (inner < outer) {
          const at = row + <usize>(inner * strideX - padLeft) * pixel;
          rowTimesFilter(at, taps, to + <usize>inner * outPixel, outer - inner, outputs, rowOfTaps, rowOfTaps, outPixel, <usize>strideX * pixel);
        }
        for (let kx = 0; kx < filterWidth; kx++) {
          const offset = kx * dilationX - padLeft;
          const tap = taps + <usize>kx * tapStep;
          const from = firstOutput(offset, strideX);
          const stop = endOutput(offset, strideX, width, outWidth);
          rowTimesFilter(row + <usize>(from * strideX + offset) * pixel, tap, to + <usize>from * outPixel, min(stop, inner) - from, outputs, inputs, rowOfTaps, outPixel, <usize>strideX * pixel);
          const next = max(from, outer);
          rowTimesFilter(row + <usize>(next * strideX + offset) * pixel, tap, to + <usize>next * outPixel, stop - next, outputs, inputs, rowOfTaps, outPixel, <usize>strideX * pixel);
        }
      }
    }
  }
}

/**
 * y[i·yStep + co] += Σ_j x[i·xStep + j] · filter[j,co] for j below `terms`; few outputs have the filter transposed, [co,j] of rows of
 * `rowOfTaps`.
 */
// prettier-ignore
function rowTimesFilter(
  x: usize, filter: usize, y: usize, count: i32, outputs: i32, terms: i32, rowOfTaps: i32, yStep: usize, xStep: usize,
): void {
  if (outputs >= FEWEST_OUTPUTS) {
    rowTimesTap(x, filter, y, count, outputs, terms, yStep, xStep);
    return;
  }
  for (let i = 0; i < count; i++) {
    for (let co = 0; co < outputs; co++) {
      const at = y + (<usize>co << 2);
      store<f32>(at, load<f32>(at) + dot(x, filter + (<usize>(co * rowOfTaps) << 2), terms));
    }
    x += xStep;
    y += yStep;
  }
}

/** Σ a[j] · b[j] */
// @ts-ignore: decorator of AssemblyScript
@inline
function dot(a: usize, b: usize, terms: i32): f32 {
  let even = f32x4.splat(0), odd = f32x4.splat(0); // prettier-ignore
  let j = 0;
  for (; j + 8 <= terms; j += 8) {
    even = multiplyAdd(v128.load(a), v128.load(b), even);
    odd = multiplyAdd(v128.load(a, 16), v128.load(b, 16), odd);
    a += 32;
    b += 32;
  }
  if (j + 4 <= terms) {
    even = multiplyAdd(v128.load(a), v128.load(b), even);
    a += 16;
    b += 16;
    j += 4;
  }
  even = f32x4.add(even, odd);
  let sum =
    f32x4.extract_lane(even, 0) + f32x4.extract_lane(even, 1) + f32x4.extract_lane(even, 2) + f32x4.extract_lane(even, 3);
  for (; j < terms; j++) {
    sum += load<f32>(a) * load<f32>(b);
    a += 4;
    b += 4;
  }
  return sum;
}

/** The gradient of x; a part is a row of dx. `w` has its channels swapped: [kd,kh,kw,co,ci]. */
// prettier-ignore
export function conv3dInputGradient(
  dy: usize, w: usize, dx: usize,
  batch: i32, depth: i32, height: i32, width: i32, inputs: i32,
  outDepth: i32, outHeight: i32, outWidth: i32, outputs: i32,
  filterDepth: i32, filterHeight: i32, filterWidth: i32, strideZ: i32, strideY: i32, strideX: i32,
  dilationZ: i32, dilationY: i32, dilationX: i32, padFront: i32, padTop: i32, padLeft: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>inputs << 2;
  const outPixel = <usize>outputs << 2;
  for (let part = first; part < end; part++) {
    const iy = part % height;
    const slice = part / height;
    const iz = slice % depth;
    const n = slice / depth;
    const to = dx + <usize>(part * width) * pixel;
    memory.fill(to, 0, <usize>width * pixel);
    for (let kz = 0; kz < filterDepth; kz++) {
      const front = iz + padFront - kz * dilationZ;
      const oz = front / strideZ;
      if (front < 0 || oz * strideZ != front || oz >= outDepth) continue;
      for (let ky = 0; ky < filterHeight; ky++) {
        const top = iy + padTop - ky * dilationY;
        const oy = top / strideY;
        if (top < 0 || oy * strideY != top || oy >= outHeight) continue;
        const row = dy + <usize>(((n * outDepth + oz) * outHeight + oy) * outWidth) * outPixel;
        for (let kx = 0; kx < filterWidth; kx++) {
          const offset = kx * dilationX - padLeft;
          const from = firstOutput(offset, strideX);
          const count = endOutput(offset, strideX, width, outWidth) - from;
          const tap = w + (<usize>(((kz * filterHeight + ky) * filterWidth + kx) * inputs * outputs) << 2);
          rowTimesTap(row + <usize>from * outPixel, tap, to + <usize>(from * strideX + offset) * pixel, count, inputs, outputs, <usize>strideX * pixel, outPixel);
        }
      }
    }
  }
}

/** The gradient of w; a part is a row of taps [kz,ky]. Scratch: that row, for the sums within a slice, so that rounding stays small. */
// prettier-ignore
export function conv3dFilterGradient(
  x: usize, dy: usize, dw: usize,
  batch: i32, depth: i32, height: i32, width: i32, inputs: i32,
  outDepth: i32, outHeight: i32, outWidth: i32, outputs: i32,
  filterDepth: i32, filterHeight: i32, filterWidth: i32, strideZ: i32, strideY: i32, strideX: i32,
  dilationZ: i32, dilationY: i32, dilationX: i32, padFront: i32, padTop: i32, padLeft: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>inputs << 2;
  const outPixel = <usize>outputs << 2;
  const tapBytes = <usize>(inputs * outputs) << 2;
  const rowBytes = <usize>filterWidth * tapBytes;
  const joined = dilationX == 1 && filterWidth > 1;
  const inner = joined ? firstOutput(-padLeft, strideX) : outWidth;
  const outer = joined ? max(inner, endOutput(filterWidth - 1 - padLeft, strideX, width, outWidth)) : outWidth;
  const xStep = <usize>strideX * pixel;
  for (let part = first; part < end; part++) {
    const kz = part / filterHeight;
    const ky = part - kz * filterHeight;
    const sums = dw + <usize>part * rowBytes;
    memory.fill(sums, 0, rowBytes);
    for (let slice = 0; slice < batch * outDepth; slice++) {
      const n = slice / outDepth;
      const iz = (slice - n * outDepth) * strideZ + kz * dilationZ - padFront;
      if (iz < 0 || iz >= depth) continue;
      memory.fill(scratch, 0, rowBytes);
      for (let oy = 0; oy < outHeight; oy++) {
        const iy = oy * strideY + ky * dilationY - padTop;
        if (iy < 0 || iy >= height) continue;
        const row = x + <usize>(((n * depth + iz) * height + iy) * width) * pixel;
        const dyRow = dy + <usize>((slice * outHeight + oy) * outWidth) * outPixel;
        if (inner < outer) {
          const at = row + <usize>(inner * strideX - padLeft) * pixel;
          outerProducts(at, dyRow + <usize>inner * outPixel, scratch, filterWidth * inputs, outputs, outer - inner, xStep, outPixel);
        }
        for (let kx = 0; kx < filterWidth; kx++) {
          const offset = kx * dilationX - padLeft;
          const tap = scratch + <usize>kx * tapBytes;
          const from = firstOutput(offset, strideX);
          const stop = endOutput(offset, strideX, width, outWidth);
          const next = max(from, outer);
          if (from < min(stop, inner)) {
            outerProducts(row + <usize>(from * strideX + offset) * pixel, dyRow + <usize>from * outPixel, tap, inputs, outputs, min(stop, inner) - from, xStep, outPixel);
          }
          if (next < stop) {
            outerProducts(row + <usize>(next * strideX + offset) * pixel, dyRow + <usize>next * outPixel, tap, inputs, outputs, stop - next, xStep, outPixel);
          }
        }
      }
      addTo(sums, scratch, rowBytes);
    }
  }
}
