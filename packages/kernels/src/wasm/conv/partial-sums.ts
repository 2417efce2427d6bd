import { util, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { columnSums } from '../elements/reduce.js';
import { floats, pointer, withScratch, type WasmBackend } from '../memory/tensors.js';

const MOST_PARTS = 64;
const FEWEST_ROWS = 4;

/**
 * Fills `out` with the sum of partial sums, one [size of out] for every `rowsPerPart` of the `rows` rows. `run` writes them, one after the
 * other, from `partial` on; they are added in float64 and in their order, so that the result does not depend on who wrote which.
 */
export function sumOverRows(
  wasm: WasmBackend,
  out: TensorInfo,
  rows: number,
  run: (partial: number, rowsPerPart: number, parts: number) => void,
): void {
  const size = util.sizeFromShape(out.shape);
  const rowsPerPart = Math.max(FEWEST_ROWS, Math.ceil(rows / MOST_PARTS));
  const parts = Math.ceil(rows / rowsPerPart);
  withScratch(wasm, parts * size * 4, (partial) => {
    run(partial, rowsPerPart, parts);
    const sums = columnSums(wasm, (at) => kernelsOf(wasm).columnSum(partial, at, parts, size), size);
    floats(wasm, pointer(wasm, out), size).set(sums);
  });
}
