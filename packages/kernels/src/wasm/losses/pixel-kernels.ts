// What the kernels over pixels share: the sums and the gradients of the region statistics and of the focal losses.
import { type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { runParts, type PartKernel } from '../threads/parts.js';
import { pointer, shareData, withScratch, type WasmBackend } from '../memory/tensors.js';

/** What the kernels over pixels take. */
export interface PixelTensors {
  /** `[B, N, K]` */
  logits: TensorInfo;
  /** Class indices `[B, N]`, -1 at ignored pixels; or else the two below. */
  indices?: TensorInfo;
  /** `[B, N, K]` */
  target?: TensorInfo;
  /** `[B, N, 1 or K]` */
  valid?: TensorInfo;
  /** Of a gradient: the derivative by each sum, `[S, B, K]`. */
  dy?: TensorInfo;
  /** Of a gradient: what the sums have left for it, `[B, N, K]`. */
  kept?: TensorInfo;
}

/** The tensor that a gradient is written to: what the sums have left for it, or a new one. */
export function gradientOf(
  wasm: WasmBackend,
  { logits, kept }: Pick<PixelTensors, 'logits' | 'kept'>,
): TensorInfo {
  return kept ? shareData(wasm, kept) : wasm.makeOutput(logits.shape, 'float32');
}

/** Pointers to logits, target, valid and indices; 0 for what is not given. */
export function labelPointers(
  wasm: WasmBackend,
  { logits, target, valid, indices }: PixelTensors,
): [number, number, number, number] {
  const at = (tensor: TensorInfo | undefined) => (tensor ? pointer(wasm, tensor) : 0);
  return [at(logits), at(target), at(valid), at(indices)];
}

/** `[S, B, K]`: the float64 sums of all parts, which `kernel` writes to the place that `args` gets. */
export function pixelSums(
  wasm: WasmBackend,
  kernel: PartKernel,
  { logits }: PixelTensors,
  statistics: number,
  args: (partial: number) => number[],
  scratch: number,
): TensorInfo {
  const [batch, pixels, classes] = logits.shape as [number, number, number];
  const kernels = kernelsOf(wasm);
  const parts = batch * kernels.partsOfImage(pixels);
  const out = wasm.makeOutput([statistics, batch, classes], 'float32');
  withScratch(wasm, 8 * parts * statistics * classes, (partial) => {
    runParts(wasm, kernel, args(partial), { parts, scratch });
    kernels.addPartsOfImages(partial, pointer(wasm, out), batch, pixels, statistics, classes);
  });
  return out;
}

/** `out`, `[B, N, K]`, with the gradient of the logits, which `kernel` writes to the place that `args` receives. */
export function pixelGradient(
  wasm: WasmBackend,
  kernel: PartKernel,
  out: TensorInfo,
  args: (out: number) => number[],
  scratch: number,
): TensorInfo {
  const [batch, pixels] = out.shape as [number, number];
  runParts(wasm, kernel, args(pointer(wasm, out)), {
    parts: batch * kernelsOf(wasm).partsOfImage(pixels),
    scratch,
  });
  return out;
}
