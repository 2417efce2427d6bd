import { type LayersModel } from '@tensorflow/tfjs-layers';

/** One array of weights of a model. */
export type Weight = LayersModel['weights'][number];

/** PyTorch's names of the weights of convolutions and normalizations. */
const KINDS: Readonly<Record<string, string>> = {
  kernel: 'weight',
  depthwise_kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};

/** Layer and kind of a weight: `encoder.conv1` and `kernel`. */
export function partsOf(weight: Weight): { layer: string; kind: string } {
  const end = weight.originalName.lastIndexOf('/');
  return { layer: weight.originalName.slice(0, end), kind: weight.originalName.slice(end + 1) };
}

/** The name of a weight in PyTorch; our ResNets call their layers as PyTorch does. */
export function torchName(weight: Weight): string {
  const { layer, kind } = partsOf(weight);
  return `${layer}.${KINDS[kind] ?? kind}`;
}
