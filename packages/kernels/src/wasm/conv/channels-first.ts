import { type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

import { type ConvAttributes, type Padding } from './conv-info.js';
import { Steps } from '../memory/run.js';
import { type WasmBackend } from '../memory/tensors.js';

const TO_LAST = [0, 2, 3, 1];
const TO_FIRST = [0, 3, 1, 2];

/** Which tensors of a kernel are images, and whether its result is one. */
interface Images {
  inputs: readonly string[];
  result: boolean;
}

/** A kernel of a 2-D convolution for images with channels last, for those with channels first (`NCHW`) too, which are transposed. */
export function takingChannelsFirst(kernelFunc: KernelFunc, images: Images): KernelFunc {
  return (args) => {
    const { dataFormat, pad, inputShape, ...rest } = args.attrs as unknown as ConvAttributes & {
      inputShape?: number[];
    };
    if (dataFormat !== 'NCHW') return kernelFunc(args);
    const wasm = args.backend as WasmBackend;
    const steps = new Steps(wasm);
    const turned = Object.entries(args.inputs).map(([name, x]) => [
      name,
      x && images.inputs.includes(name) ? steps.run('Transpose', { x }, { perm: TO_LAST }) : x,
    ]);
    const attrs = {
      ...rest,
      dataFormat: 'NHWC',
      pad: sidesLast(pad),
      ...(inputShape && { inputShape: TO_LAST.map((axis) => inputShape[axis]!) }),
    };
    const inputs = Object.fromEntries(turned) as Record<string, TensorInfo>;
    const out = kernelFunc({ ...args, inputs, attrs } as Parameters<KernelFunc>[0]) as TensorInfo;
    if (!images.result) return steps.end(out);
    const result = steps.end(steps.run('Transpose', { x: out }, { perm: TO_FIRST }));
    wasm.disposeData(out.dataId);
    return result;
  };
}

/** Explicit padding of each axis, in the order of channels last. */
function sidesLast(pad: Padding): Padding {
  return Array.isArray(pad) ? (TO_LAST.map((axis) => pad[axis]!) as Padding) : pad;
}
