import {
  util,
  type KernelConfig,
  type KernelFunc,
  type ResizeBilinearAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { runParts } from '../threads/parts.js';
import { memoryOf, pointer, requireFloat, withScratch, type WasmBackend } from '../memory/tensors.js';

/** Where the pixels of the larger and the smaller image lie. */
export type ResizeOptions = Pick<ResizeBilinearAttrs, 'alignCorners' | 'halfPixelCenters'>;

/** Rows of a gradient that one part makes: more cost less at their borders, fewer can be spread over more threads. */
const ROWS_PER_PART = 16;

/** tf.image.resizeBilinear, in all three conventions, by coordinates in float64. */
export function resizeBilinear(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { images } = args.inputs as { images: TensorInfo };
      const { size, ...options } = args.attrs as unknown as ResizeBilinearAttrs;
      if (images.dtype !== 'float32' || util.sizeFromShape(images.shape) === 0) return original(args);
      const wasm = args.backend as WasmBackend;
      const [batch, height, width, channels] = images.shape as [number, number, number, number];
      const out = wasm.makeOutput([batch, ...size, channels], 'float32');
      withTables(wasm, [height, width], size, options, bilinear, (tables) => {
        const shapes = [batch, height, width, channels, ...size];
        runParts(wasm, 'resizeBilinear', [pointer(wasm, images), pointer(wasm, out), ...shapes, ...tables], {
          parts: batch * size[0],
          scratch: width * channels * 4,
        });
      });
      return out;
    },
  };
}

/** tf.grad of resizeBilinear: the adjoint of {@link resizeBilinear}. tfjs 4.22's ignores halfPixelCenters, on every backend. */
export const resizeBilinearGrad: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc: (args) => gradient(args, 'resizeBilinearGradient', bilinear),
};

/** tf.image.resizeNearestNeighbor, in all three conventions, of the type of the images. */
export const resizeNearest: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc({ inputs, attrs, backend }) {
    const { images } = inputs as { images: TensorInfo };
    const { size, ...options } = attrs as unknown as ResizeBilinearAttrs;
    const { dtype } = images;
    if (dtype !== 'float32' && dtype !== 'int32') {
      throw new TypeError(
        `ResizeNearestNeighbor: wanted images to be float32 or int32, got ${dtype}; use tf.cast`,
      );
    }
    const wasm = backend as WasmBackend;
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    const out = wasm.makeOutput([batch, ...size, channels], dtype);
    withTables(wasm, [height, width], size, options, nearest, (tables) => {
      const shapes = [batch, height, width, channels, ...size];
      runParts(wasm, 'resizeNearest', [pointer(wasm, images), pointer(wasm, out), ...shapes, ...tables], {
        parts: util.sizeFromShape(images.shape) === 0 ? 0 : batch * size[0],
      });
    });
    return out;
  },
};

/** tf.grad of resizeNearestNeighbor: the adjoint of {@link resizeNearest}. tfjs 4.22's ignores halfPixelCenters, on every backend. */
export const resizeNearestGrad: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc: (args) => gradient(args, 'resizeNearestGradient', nearest),
};

function gradient(
  { inputs, attrs, backend }: Parameters<KernelFunc>[0],
  kernel: 'resizeBilinearGradient' | 'resizeNearestGradient',
  table: Table,
): TensorInfo {
  const { images, dy } = inputs as { images: TensorInfo; dy: TensorInfo };
  requireFloat(`the gradient of ${kernel.replace('Gradient', '')}`, { dy });
  const wasm = backend as WasmBackend;
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const [, outHeight, outWidth] = dy.shape as [number, number, number];
  const out = wasm.makeOutput(images.shape, 'float32');
  const options = attrs as unknown as ResizeOptions;
  withTables(wasm, [height, width], [outHeight, outWidth], options, table, (tables) => {
    const shapes = [batch, height, width, channels, outHeight, outWidth];
    const pointers = [pointer(wasm, dy), pointer(wasm, out)];
    runParts(wasm, kernel, [...pointers, ...shapes, ...tables, ROWS_PER_PART], {
      parts: batch * Math.ceil(height / ROWS_PER_PART),
      scratch: width * channels * 4,
    });
  });
  return out;
}

/** For each place of the output the numbers that the kernels take, each kind in an array of its own. */
type Table = (from: number, to: number, options: ResizeOptions) => readonly (Int32Array | Float32Array)[];

/** Runs `use` with the tables of the rows and of the columns in the backend's memory. */
function withTables(
  wasm: WasmBackend,
  from: readonly [number, number],
  to: readonly [number, number],
  options: ResizeOptions,
  table: Table,
  use: (tables: readonly number[]) => void,
): void {
  const arrays = [0, 1].flatMap((axis) => table(from[axis]!, to[axis]!, options));
  const bytes = arrays.reduce((sum, array) => sum + array.byteLength, 0);
  withScratch(wasm, bytes, (start) => {
    let end = start;
    const places = arrays.map((array) => {
      const at = end;
      new Uint8Array(memoryOf(wasm).buffer, at, array.byteLength).set(new Uint8Array(array.buffer));
      end += array.byteLength;
      return at;
    });
    use(places);
  });
}

/** The places of the input that each place of the output lies between, and how far along. */
export function bilinearTable(from: number, to: number, options: ResizeOptions) {
  const lower = new Int32Array(to);
  const upper = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const place = options.halfPixelCenters ? ((i + 0.5) * from) / to - 0.5 : coordinate(i, from, to, options);
    lower[i] = Math.min(from - 1, Math.max(0, Math.floor(place)));
    upper[i] = Math.min(from - 1, Math.max(0, Math.ceil(place)));
    weight[i] = lower[i] === upper[i] ? 0 : place - lower[i]!;
  }
  return { lower, upper, weight };
}

/** The place of the input that each place of the output is taken from. */
export function nearestTable(from: number, to: number, options: ResizeOptions): Int32Array {
  return Int32Array.from({ length: to }, (_, i) => {
    const place = options.halfPixelCenters ? ((i + 0.5) * from) / to : coordinate(i, from, to, options);
    return Math.min(from - 1, options.alignCorners ? Math.round(place) : Math.floor(place));
  });
}

const bilinear: Table = (...sizes) => Object.values(bilinearTable(...sizes));
const nearest: Table = (...sizes) => [nearestTable(...sizes)];

/** Multiplied before it is divided, so that a place that is a whole number or a half stays one. */
function coordinate(i: number, from: number, to: number, { alignCorners }: ResizeOptions): number {
  return alignCorners && to > 1 ? (i * (from - 1)) / (to - 1) : (i * from) / to;
}
