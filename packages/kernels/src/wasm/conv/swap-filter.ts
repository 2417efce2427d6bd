import { runParts } from '../threads/parts.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';
import { type TensorInfo } from '@tensorflow/tfjs-core';

/** Writes a filter [..., inputs, outputs] of any rank with its channels swapped; where `turned`, with its taps in reverse too. */
export function swapFilter(wasm: WasmBackend, filter: TensorInfo, to: number, turned = false): void {
  const taps = filter.shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const [inputs, outputs] = filter.shape.slice(-2) as [number, number];
  const args = [pointer(wasm, filter), to, taps, inputs, outputs, Number(turned)];
  runParts(wasm, 'swapFilter', args, { parts: taps });
}
