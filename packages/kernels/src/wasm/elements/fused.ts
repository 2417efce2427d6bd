// Fused operations that tfjs's kernels refuse, as the operations that they are fused of.
import { util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

import { Steps } from '../memory/run.js';
import { type WasmBackend } from '../memory/tensors.js';

interface Attributes {
  activation: string;
  leakyreluAlpha?: number;
  dataFormat?: 'NHWC' | 'NCHW';
}

const ACTIVATIONS: Readonly<Record<string, string | undefined>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
};

/**
 * activation(linear + bias), where `linear` names the kernel that is fused with them: any bias and any PReLU weights that broadcast. With
 * channels first (`NCHW`), those of one axis belong to the channels.
 */
export function unfused(
  linear: string,
  names: readonly string[],
  args: Parameters<KernelFunc>[0],
): TensorInfo {
  const { activation, leakyreluAlpha, ...attrs } = args.attrs as unknown as Attributes;
  const inputs = args.inputs as Record<string, TensorInfo | undefined>;
  const steps = new Steps(args.backend as WasmBackend);
  const alongChannels = (x: TensorInfo): TensorInfo =>
    attrs.dataFormat === 'NCHW' && x.shape.length === 1 ? { ...x, shape: [...x.shape, 1, 1] } : x;
  const given = Object.fromEntries(names.map((name) => [name, inputs[name]!]));
  let y = steps.run(linear, given, attrs);
  const { bias, preluActivationWeights } = inputs;
  if (bias) y = steps.run('Add', { a: y, b: alongChannels(bias) });
  const kernel = ACTIVATIONS[activation];
  if (kernel !== undefined) y = steps.run(kernel, { x: y });
  else if (activation === 'leakyrelu') y = steps.run('LeakyRelu', { x: y }, { alpha: leakyreluAlpha ?? 0.2 });
  else if (activation === 'prelu') {
    const positive = steps.run('Relu', { x: y });
    const negative = steps.run('Sub', { a: y, b: positive });
    const scaled = steps.run('Multiply', { a: negative, b: alongChannels(preluActivationWeights!) });
    y = steps.run('Add', { a: positive, b: scaled });
  } else if (activation !== 'linear') {
    throw new RangeError(
      `${linear}: wanted activation linear, relu, relu6, elu, sigmoid, leakyrelu or prelu, got ${activation}`,
    );
  }
  return steps.end(y);
}

/** Whether tfjs's kernel takes such a bias: one number for each of the last axis. */
export function isPlainBias(bias: TensorInfo | undefined, channels: number): boolean {
  return bias === undefined || util.arraysEqual(bias.shape, [channels]);
}
