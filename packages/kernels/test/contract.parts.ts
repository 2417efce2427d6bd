import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lossRegistry, parseLoss } from '@segloss/losses';
import { checkLoss } from '@segloss/losses/testing';
import { backends, contractSpecs, type Part } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { cpuArrays } from '../src/cpu/arrays';
import { cpuKernels } from '../src/cpu/kernels';
import { plainKernels } from '../src/cpu/plain/kernels';

const names = [...lossRegistry().keys()];
const wasm = backends.find(({ name }) => name === 'wasm')!;

const failuresOf = (spec: string) =>
  checkLoss(parseLoss(spec)).flatMap(({ mode, rule, failures }) =>
    failures.map((why) => `${mode}: ${rule}: ${why}`),
  );

const onWasm = wasm.missing === undefined ? describe : describe.skip;

/** The cases of a part; each file beside this one runs one. */
export function contract(part: Part): void {
  onWasm(
    'the contract with the kernels of the wasm backend' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''),
    () => {
      beforeAll(async () => {
        await import('@segloss/kernels/wasm');
        await wasm.use();
      });

      it.each(part([...names, ...contractSpecs]))('holds: %s', (spec) =>
        expect(failuresOf(spec)).toEqual([]),
      );
    },
  );

  const KINDS = [
    ['by WebAssembly', cpuKernels],
    ['by plain loops', () => plainKernels('cpu', cpuArrays)],
  ] as const;

  describe.each(KINDS)('the contract with the kernels of the cpu backend, %s', (_, kernels) => {
    beforeAll(async () => {
      await backends.find(({ name }) => name === 'cpu')!.use();
      kernels().forEach((kernel) => tf.registerKernel(kernel));
    });
    afterAll(() => {
      kernels().forEach(({ kernelName }) => tf.unregisterKernel(kernelName, 'cpu'));
    });

    it.each(part(names))('holds: %s', (spec) => expect(failuresOf(spec)).toEqual([]));
  });
}
