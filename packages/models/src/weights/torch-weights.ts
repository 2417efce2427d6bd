import { type LayersModel } from '@tensorflow/tfjs-layers';

import { write } from './initial-weights.js';
import { ENCODER, EPSILON } from '../networks/resnet.js';
import { readSafetensors, type StoredTensor } from './safetensors.js';
import { isTimm, torchvisionNames } from './timm-names.js';
import { partsOf, torchName, type Weight } from './weight-names.js';

/**
 * Loads the weights of a ResNet, MobileNet or EfficientNet with torchvision's or timm's names into the encoder of a model (`conv1.weight`,
 * `bn1.running_mean`, `layer1.0.downsample.0.weight`, ...); the classifier and `*.num_batches_tracked` are ignored. Where the images have not three channels, the
 * filters of the first convolution are summed over their channels for one, else repeated over the channels and scaled by 3 / channels.
 *
 * @param model From {@link resnetUnet} or {@link resnetFpn}, or loaded from a file of such a model.
 * @param bytes Of a `.safetensors` file; see {@link readSafetensors}.
 * @throws {RangeError} If the model has no such encoder, the file is wrong, or its weights are not those of the encoder: the message lists
 * all that are missing, unused or of another shape.
 *
 * @example
 * ```ts
 * const model = resnetUnet({ inputShape: [32, 32, 3], outputs: 1, encoder: 'resnet18', encoderWidth: 1, decoderWidths: [1, 1, 1, 1, 1] });
 * const nothing = new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 123, 125]); // the header {}
 * loadEncoderWeights(model, nothing); // → throws RangeError: loadEncoderWeights: the weights do not fit the model:
 * ```
 */
export function loadEncoderWeights(model: LayersModel, bytes: Uint8Array): void {
  const weights = model.weights.filter((weight) => partsOf(weight).layer.startsWith(ENCODER));
  if (weights.length === 0) {
    throw new RangeError(
      'loadEncoderWeights: wanted a model with an encoder of torchvision, got one without; make it with resnetUnet, resnetFpn or resnetDeeplab',
    );
  }
  const encoder = encoderOf(weights);
  let tensors = readSafetensors(bytes);
  if (encoder !== 'resnet' && isTimm(tensors.keys())) {
    const names = torchvisionNames(tensors.keys(), encoder);
    tensors = new Map([...names].map(([name, renamed]) => [renamed, tensors.get(name)!]));
  } else if (encoder === 'mobilenetv3-large') withOurEpsilon(tensors);
  for (const name of tensors.keys()) if (HEADS[encoder].test(name)) tensors.delete(name);
  assign('loadEncoderWeights', weights, tensors, (weight) => torchName(weight).slice(ENCODER.length));
}

/** Layers of the classifiers, which encoders lack. */
const HEADS = {
  resnet: /^fc\./,
  mobilenetv2: /^classifier\./,
  'mobilenetv3-large': /^classifier\./,
  'efficientnet-b0': /^(classifier|features\.8)\./,
} as const;

/** Which encoder has layers of these names. */
function encoderOf(weights: readonly Weight[]): keyof typeof HEADS {
  const layers = new Set(weights.map((weight) => partsOf(weight).layer.slice(ENCODER.length)));
  if (layers.has('conv1')) return 'resnet';
  if (layers.has('features.18.0')) return 'mobilenetv2';
  return layers.has('features.16.0') ? 'mobilenetv3-large' : 'efficientnet-b0';
}

/** What torchvision adds to the variances of its MobileNetV3; timm adds 1e-5 there too. */
const TORCHVISION_V3_EPSILON = 1e-3;

/** Adds to the running variances of torchvision's MobileNetV3 what its epsilon is larger than ours, so that the outputs are the same. */
function withOurEpsilon(tensors: Map<string, StoredTensor>): void {
  for (const [name, tensor] of tensors) {
    if (!/(^|^encoder\.)features\..*\.running_var$/.test(name) || tensor.dtype === 'I64') continue;
    const values = Float32Array.from(tensor.values as Float32Array, (value) => value + (TORCHVISION_V3_EPSILON - EPSILON)); // prettier-ignore
    tensors.set(name, { dtype: 'F32', shape: tensor.shape, values });
  }
}

/**
 * Loads the weights of the same network of segmentation_models.pytorch into a complete network, `Unet`, `FPN` or `DeepLabV3Plus`, saved with its names
 * (`encoder.conv1.weight`, `decoder.blocks.0.conv1.0.weight`, `segmentation_head.0.weight`, ...).
 *
 * @param model From {@link resnetUnet} or {@link resnetFpn}.
 * @param bytes Of a `.safetensors` file; in Python `safetensors.torch.save_file(model.state_dict(), path)`.
 * @throws {RangeError} If the file is wrong, or its weights are not those of the model: the message lists all that are missing, unused or of
 * another shape.
 *
 * @example
 * ```ts
 * const model = resnetFpn({ inputShape: [32, 32, 3], outputs: 1, encoder: 'resnet18', encoderWidth: 1, segmentationChannels: 32 });
 * const nothing = new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 123, 125]); // the header {}
 * loadTorchWeights(model, nothing); // → throws RangeError: loadTorchWeights: the weights do not fit the model:
 * ```
 */
export function loadTorchWeights(model: LayersModel, bytes: Uint8Array): void {
  const tensors = readSafetensors(bytes);
  if (encoderOf(model.weights) === 'mobilenetv3-large') withOurEpsilon(tensors);
  assign('loadTorchWeights', model.weights, tensors, torchName);
}

const COUNTERS = /(^|\.)num_batches_tracked$/;

/** Writes all weights or, where anything does not fit, none. */
function assign(
  caller: string,
  weights: readonly Weight[],
  tensors: Map<string, StoredTensor>,
  nameOf: (weight: Weight) => string,
): void {
  for (const name of tensors.keys()) if (COUNTERS.test(name)) tensors.delete(name);
  const problems: string[] = [];
  const fitting: [Weight, Float32Array][] = [];
  for (const weight of weights) {
    const name = nameOf(weight);
    const stored = tensors.get(name);
    tensors.delete(name);
    const values = stored && valuesFor(weight, stored);
    if (values) fitting.push([weight, values]);
    else if (stored) {
      problems.push(`wanted ${name} [${torchShape(weight)}], got ${stored.dtype} [${stored.shape}]`);
    } else problems.push(`missing ${name} [${torchShape(weight)}]`);
  }
  for (const [name, { shape }] of tensors) problems.push(`unused ${name} [${shape}]`);
  if (problems.length > 0) {
    throw new RangeError(
      `${caller}: the weights do not fit the model:\n  ${problems.join('\n  ')}\n` +
        'give those of the same network, or build the model with the options of these',
    );
  }
  for (const [weight, values] of fitting) write(weight, values);
}

/** The shape of a weight in PyTorch, which has `[filters, channels, height, width]` where tfjs has the reverse order of pairs. */
function torchShape(weight: Weight): readonly number[] {
  const sizes = weight.shape as number[];
  if (sizes.length !== 4) return sizes;
  const [height, width, channels, filters] = sizes as [number, number, number, number];
  const own = partsOf(weight).kind === 'depthwise_kernel'; // a filter for each channel
  return own ? [channels, 1, height, width] : [filters, channels, height, width];
}

/** Layers that see the image. */
const FIRST_LAYERS = [`${ENCODER}conv1`, `${ENCODER}features.0.0`];

/** The values in the order of tfjs, if they fit. */
function valuesFor(weight: Weight, { dtype, shape, values }: StoredTensor): Float32Array | undefined {
  if (dtype === 'I64') return undefined;
  const numbers = new Float32Array(values as Float32Array | Float64Array);
  const wanted = torchShape(weight);
  if (wanted.length !== 4) return shape.join() === wanted.join() ? numbers : undefined;
  const fits = wanted.every((size, i) => size === shape[i]) && shape.length === 4;
  if (fits) return channelsLast(numbers, shape);
  const first = FIRST_LAYERS.includes(partsOf(weight).layer);
  const others = [wanted[0], 3, wanted[2], wanted[3]];
  if (!first || shape.join() !== others.join()) return undefined;
  return forChannels(channelsLast(numbers, shape), wanted);
}

/** `[filters, channels, height, width]` to `[height, width, channels, filters]`. */
function channelsLast(values: Float32Array, shape: readonly number[]): Float32Array {
  const [filters, channels, height, width] = shape as [number, number, number, number];
  const pixels = height * width;
  const result = new Float32Array(values.length);
  let from = 0;
  for (let o = 0; o < filters; o++) {
    for (let i = 0; i < channels; i++) {
      for (let p = 0; p < pixels; p++) result[(p * channels + i) * filters + o] = values[from++]!;
    }
  }
  return result;
}

/** Filters of RGB images, `[height, width, 3, filters]`, for images of another number of channels. */
function forChannels(rgb: Float32Array, wanted: readonly number[]): Float32Array {
  const [filters, channels, height, width] = wanted as [number, number, number, number];
  const result = new Float32Array(height * width * channels * filters);
  for (let p = 0; p < height * width; p++) {
    const at = (channel: number, o: number) => rgb[(p * 3 + channel) * filters + o]!;
    for (let i = 0; i < channels; i++) {
      for (let o = 0; o < filters; o++) {
        result[(p * channels + i) * filters + o] =
          channels === 1 ? at(0, o) + at(1, o) + at(2, o) : (at(i % 3, o) * 3) / channels;
      }
    }
  }
  return result;
}
