import { type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { convolved, depthwise, residual, squeezeExcitation } from './mobile-blocks.js';
import { type NormArguments } from './resnet.js';

/** Kernel, expanded channels, channels, squeeze and excitation, activation and stride of each block: table 1 of the paper. */
const BLOCKS = [
  [3, 16, 16, false, 'relu', 1],
  [3, 64, 24, false, 'relu', 2],
  [3, 72, 24, false, 'relu', 1],
  [5, 72, 40, true, 'relu', 2],
  [5, 120, 40, true, 'relu', 1],
  [5, 120, 40, true, 'relu', 1],
  [3, 240, 80, false, 'hardSwish', 2],
  [3, 200, 80, false, 'hardSwish', 1],
  [3, 184, 80, false, 'hardSwish', 1],
  [3, 184, 80, false, 'hardSwish', 1],
  [3, 480, 112, true, 'hardSwish', 1],
  [3, 672, 112, true, 'hardSwish', 1],
  [5, 672, 160, true, 'hardSwish', 2],
  [5, 960, 160, true, 'hardSwish', 1],
  [5, 960, 160, true, 'hardSwish', 1],
] as const;

/** Filters of the first and of the last convolution. */
const [FIRST, LAST] = [16, 960];

/** Numbers of the layers whose outputs are features; the last convolution gives the fifth. */
const FEATURES = [0, 3, 6, 12];

/**
 * The features of a MobileNetV3-Large without its head, at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size, each layer under torchvision's name
 * behind `encoder.`.
 *
 * @param width Filters of the first convolution; 16 in torchvision. All others change in proportion.
 * @see Howard et al., "Searching for MobileNetV3", ICCV 2019, arXiv:1905.02244, table 1.
 */
export function mobilenetV3(image: SymbolicTensor, width: number, norm: NormArguments): SymbolicTensor[] {
  const scaled = (channels: number) => Math.max(1, Math.round((channels * width) / FIRST));
  const ends = { norm, activation: 'hardSwish' } as const;
  let x = convolved(image, { ...ends, name: 'features.0', filters: width, kernelSize: 3, strides: 2 });
  const outputs = [x];
  BLOCKS.forEach(([kernelSize, expanded, channels, squeezed, activation, strides], i) => {
    const [wide, shared] = [scaled(expanded), { norm, activation }];
    let step = 0;
    const next = () => `features.${i + 1}.block.${step++}`;
    let y = x;
    if (expanded !== (i === 0 ? FIRST : BLOCKS[i - 1]![2])) {
      y = convolved(y, { ...shared, name: next(), filters: wide, kernelSize: 1 });
    }
    y = depthwise(y, { ...shared, name: next(), kernelSize, strides });
    if (squeezed) {
      const filters = divisibleBy8(Math.floor(wide / 4));
      y = squeezeExcitation(y, { name: next(), filters, activation: 'relu', gate: 'hardSigmoid' });
    }
    y = convolved(y, { norm, activation: 'linear', name: next(), filters: scaled(channels), kernelSize: 1 });
    outputs.push((x = residual(x, y)));
  });
  const name = `features.${outputs.length}`;
  const last = convolved(x, { ...ends, name, filters: scaled(LAST), kernelSize: 1 });
  return [...FEATURES.map((i) => outputs[i]!), last];
}

/** The nearest multiple of 8 that is not more than a tenth smaller. */
function divisibleBy8(channels: number): number {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}
