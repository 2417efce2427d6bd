import {
  backend_util,
  util,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';
import { runParts } from '../threads/parts.js';

type Override = (original: KernelFunc) => Pick<KernelConfig, 'kernelFunc'>;

/** The comparisons of assembly/compare.ts; a > b is b < a. */
const KINDS = {
  Equal: { kind: 0, exchanged: false },
  NotEqual: { kind: 1, exchanged: false },
  Less: { kind: 2, exchanged: false },
  LessEqual: { kind: 3, exchanged: false },
  Greater: { kind: 2, exchanged: true },
  GreaterEqual: { kind: 3, exchanged: true },
} as const;

/** Names of the comparisons that {@link compare} takes. */
export const COMPARISONS = Object.keys(KINDS) as (keyof typeof KINDS)[];

/** tf.equal, tf.less and the like of tensors of one shape, or of a tensor and a number, with vectors; the rest stays with tfjs. */
export const compare =
  (name: keyof typeof KINDS): Override =>
  (original) => ({
    kernelFunc(args) {
      const { a, b } = args.inputs as { a: TensorInfo; b: TensorInfo };
      const [sizeA, sizeB] = [a, b].map(({ shape }) => util.sizeFromShape(shape)) as [number, number];
      const oneA = sizeA === 1 && sizeB !== 1;
      const oneB = sizeB === 1 && !oneA;
      const known = a.dtype === b.dtype && (a.dtype === 'float32' || a.dtype === 'int32');
      if (!known || sizeA * sizeB === 0 || !(oneA || oneB || util.arraysEqual(a.shape, b.shape)))
        return original(args);
      const wasm = args.backend as WasmBackend;
      const out = wasm.makeOutput(backend_util.assertAndGetBroadcastShape(a.shape, b.shape), 'bool');
      const length = util.sizeFromShape(out.shape);
      const { kind, exchanged } = KINDS[name];
      const sides = exchanged ? [b, a] : [a, b];
      const ones = exchanged ? [oneB, oneA] : [oneA, oneB];
      const at = [...sides, out].map((tensor) => pointer(wasm, tensor));
      const whole = a.dtype === 'int32';
      runParts(wasm, 'compareElements', [...at, length, kind, ...[whole, ...ones].map(Number)], {
        parts: kernelsOf(wasm).pointwiseParts(length),
      });
      return out;
    },
  });

/** tf.where of three tensors of one shape; the rest stays with tfjs. */
export const select: Override = (original) => ({
  kernelFunc(args) {
    const { condition, t, e } = args.inputs as Record<'condition' | 't' | 'e', TensorInfo>;
    const alike = [t, e].every(({ shape }) => util.arraysEqual(shape, condition.shape));
    const { dtype } = t;
    const known = dtype === e.dtype && (dtype === 'float32' || dtype === 'int32');
    if (!alike || !known || condition.dtype !== 'bool') return original(args);
    const wasm = args.backend as WasmBackend;
    const out = wasm.makeOutput(t.shape, dtype);
    const length = util.sizeFromShape(t.shape);
    const at = [condition, t, e, out].map((tensor) => pointer(wasm, tensor));
    runParts(wasm, 'selectElements', [...at, length], { parts: kernelsOf(wasm).pointwiseParts(length) });
    return out;
  },
});
