import { kernelsOf } from '../memory/module.js';
import { type WasmBackend } from '../memory/tensors.js';
import { runParts } from '../threads/parts.js';

/** Where rows begin, and the bytes from one to the next. */
interface Rows {
  at: number;
  stride: number;
}

/** Copies `bytes`, a multiple of 4, of each of `rows` rows. */
export function copyRows(wasm: WasmBackend, from: Rows, to: Rows, bytes: number, rows: number): void {
  if (bytes === 0) return;
  runParts(wasm, 'copyRows', [from.at, from.stride, to.at, to.stride, bytes, rows], {
    parts: kernelsOf(wasm).copyParts(bytes, rows),
  });
}
