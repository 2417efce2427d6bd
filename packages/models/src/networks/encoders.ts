import { type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { efficientnetB0 } from './efficientnet.js';
import { mobilenetV2 } from './mobilenet.js';
import { mobilenetV3 } from './mobilenet-v3.js';
import { resnet, RESNETS, type NormArguments, type ResnetName } from './resnet.js';

export type EncoderName = ResnetName | 'mobilenetv2' | 'mobilenetv3-large' | 'efficientnet-b0';

interface Encoder {
  /** For the summary of a model. */
  readonly title: string;
  /** Filters of the first convolution in torchvision. */
  readonly width: number;
  /** Features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size; with an output stride of 16 the last at 1/16, which ResNets have. */
  readonly features: (
    image: SymbolicTensor,
    width: number,
    norm: NormArguments,
    outputStride: 16 | 32,
  ) => SymbolicTensor[];
}

const resnets = (Object.keys(RESNETS) as ResnetName[]).map((name): [ResnetName, Encoder] => [
  name,
  {
    title: name.replace('resnet', 'ResNet-'),
    width: 64,
    features: (image, width, norm, outputStride) => resnet(image, { name, width, norm, outputStride }),
  },
]);

/** The encoders by name. */
export const ENCODERS = {
  ...Object.fromEntries(resnets),
  mobilenetv2: { title: 'MobileNetV2', width: 32, features: mobilenetV2 },
  'mobilenetv3-large': { title: 'MobileNetV3-Large', width: 16, features: mobilenetV3 },
  'efficientnet-b0': { title: 'EfficientNet-B0', width: 32, features: efficientnetB0 },
} as unknown as Readonly<Record<EncoderName, Encoder>>;
