import { DataError, padVolume, paddingBefore, resampleVolume, resizeSample, resizeVolume, type Sample, type VolumeSize } from '@segloss/data/samples'; // prettier-ignore
import { scaleTemperature } from '@segloss/metrics';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import type { RunConfig } from '../config/schema.js';
import { sizesOf } from '../loop/batches.js';
import { mostProbable, type Prediction } from '../loop/classify.js';
import { predict } from '../loop/predict.js';
import { predictSliding, predictSlidingLabels } from '../loop/sliding-window.js';
import { decodeLabels, type Decoding } from './decode-labels.js';
import { mirrored, mirrorings } from '../loop/mirror.js';
import { normalizer } from './normalize.js';

/** How an image of any size comes to the model. */
export interface PredictImageOptions {
  /** Windows of the model's size over the image as it is, instead of resizing it; default false. Runs on patches of volumes always do so. */
  window?: boolean;
  /** Share of a window that the next one covers again; default 0.5. */
  overlap?: number;
  /** Test-time augmentation: the mean of the probabilities over all mirrorings of the image; default false. */
  tta?: boolean;
  /** How labels follow from the probabilities; default: the most probable class. */
  decode?: Decoding;
}

/** What a prediction needs of a run. */
export interface Predictor {
  readonly model: LayersModel;
  /** Height, width and channels; of volumes the depth before them. */
  readonly inputShape: readonly number[];
  /** Index of the background class; null where every class counts. */
  readonly background: number | null;
  readonly config: { readonly data: Pick<RunConfig['data'], 'normalize' | 'volumes' | 'spacing'> };
  /** Scales the probabilities; see `calibrateRun`. */
  readonly temperature?: number;
}

/**
 * Predicts labels and probabilities of an image or volume, at its own size; of several runs, by the means of their probabilities. It needs no Node.
 *
 * @param runs From `openRun`, or in a page the model with the facts that its export carries.
 * @param sample With values from 0 to 1, as they are before they are normalized.
 * @throws {DataError} If the model takes volumes and this is an image or the other way round, or the channels differ.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * const run = { model, inputShape: [4, 4, 1], background: 0, config: { data: { normalize: { mean: [0.5], std: [0.2] } } } };
 * const sample = { id: 'a', width: 6, height: 5, channels: 1, image: new Float32Array(30), mask: new Uint8Array(30) };
 * const { labels, probabilities } = await predictImage([run], sample);
 * [labels.length, probabilities.length]; // → [30, 60]
 * ```
 */
export async function predictImage(
  runs: readonly Predictor[],
  sample: Sample,
  options: PredictImageOptions = {},
): Promise<Prediction> {
  const prediction = await meanPrediction(runs, sample, options);
  const { decode } = options;
  if (decode === undefined) return prediction;
  return { ...prediction, labels: labelsOf(runs, sample, prediction.probabilities, decode) };
}

/** Decodes the probabilities that runs predict for an image into labels. */
export function labelsOf(
  runs: readonly Predictor[],
  sample: Sample,
  probabilities: ArrayLike<number>,
  decode: Decoding,
): Uint8Array {
  const { background } = runs[0]!;
  return decodeLabels(probabilities, decode, {
    shape: sizesOf(sample),
    background,
    classes: classesOf(runs[0]!),
  });
}

/**
 * The labels of {@link predictImage}. Windows of one run over an image as it is keep no probabilities, so that memory is bounded by the image.
 */
export async function predictLabels(
  runs: readonly Predictor[],
  sample: Sample,
  options: PredictImageOptions = {},
): Promise<Uint8Array> {
  const [run, ...others] = runs as readonly [Predictor, ...Predictor[]];
  const { window = false, overlap = 0.5, tta = false, decode } = options;
  const { volumes, normalize } = run.config.data;
  const direct = window && volumes !== 'patches' && !tta && decode === undefined && others.length === 0;
  if (!direct) return (await predictImage(runs, sample, options)).labels;
  checkAxes(run, sample);
  return predictSlidingLabels(run.model, normalizer(normalize)(sample), { overlap });
}

/** The mean of the probabilities of several runs. */
async function meanPrediction(
  runs: readonly Predictor[],
  sample: Sample,
  options: PredictImageOptions,
): Promise<Prediction> {
  const [first, ...others] = runs as readonly [Predictor, ...Predictor[]];
  const prediction = await predictCalibrated(first, sample, options);
  if (others.length === 0) return prediction;
  const sums = Float64Array.from(prediction.probabilities);
  for (const run of others) {
    const { probabilities } = await predictCalibrated(run, sample, options);
    for (let i = 0; i < sums.length; i++) sums[i]! += probabilities[i]!;
  }
  return meanOf(sample, sums, runs.length);
}

/** Scaled by the run's temperature, if it has one; the most probable classes stay the same. */
async function predictCalibrated(
  run: Predictor,
  sample: Sample,
  options: PredictImageOptions,
): Promise<Prediction> {
  const prediction = await predictWith(run, sample, options);
  const { temperature = 1 } = run;
  if (temperature === 1) return prediction;
  const scaling = { temperature, numClasses: classesOf(run) };
  return { ...prediction, probabilities: scaleTemperature(prediction.probabilities, scaling) };
}

/** The mean over all mirrorings, or the image as it is. */
async function predictWith(
  run: Predictor,
  sample: Sample,
  options: PredictImageOptions,
): Promise<Prediction> {
  const { sizes, axes } = checkAxes(run, sample);
  const normalized = normalizer(run.config.data.normalize);
  if (options.tta !== true) return predictOnce(run, sample, normalized, options);
  const sums = new Float64Array((sample.mask.length / (sample.labels ?? 1)) * classesOf(run));
  const choices = mirrorings(axes);
  for (const along of choices) {
    const image = mirrored(sample.image, sizes, sample.channels, along);
    const { probabilities } = await predictOnce(run, { ...sample, image }, normalized, options);
    const back = mirrored(probabilities, sizes, classesOf(run), along);
    for (let i = 0; i < sums.length; i++) sums[i]! += back[i]!;
  }
  return meanOf(sample, sums, choices.length);
}

function checkAxes(run: Predictor, sample: Sample): { sizes: number[]; axes: number } {
  const sizes = sizesOf(sample);
  const axes = run.inputShape.length - 1;
  if (sizes.length !== axes) {
    const [wanted, got] = axes === 3 ? ['volumes', 'an image'] : ['images', 'a volume'];
    throw new DataError(`${sample.id}: the model takes ${wanted}, got ${got}`, 'size-mismatch');
  }
  return { sizes, axes };
}

/** Two of a binary model. */
const classesOf = ({ model }: Predictor): number => Math.max(2, model.outputs[0]!.shape.at(-1)!);

function meanOf({ id, mask, labels = 1 }: Sample, sums: Float64Array, count: number): Prediction {
  const probabilities = Float32Array.from(sums, (sum) => sum / count);
  const channels = sums.length / (mask.length / labels);
  return { id, probabilities, labels: mostProbable(probabilities, channels) };
}

async function predictOnce(
  { model, config, inputShape }: Predictor,
  sample: Sample,
  normalized: (sample: Sample) => Sample,
  { window = false, overlap = 0.5 }: PredictImageOptions,
): Promise<Prediction> {
  const size = inputShape.slice(0, -1);
  if (config.data.volumes === 'patches') {
    const { spacing } = config.data;
    const resampled = spacing === undefined ? sample : resampleVolume(sample, spacing);
    const padded = padVolume(resampled, size as unknown as VolumeSize);
    const prediction = await predictSliding(model, normalized(padded), { overlap });
    return atSizeOf(sample, unpadded(prediction, padded, resampled), resampled);
  }
  if (window) return predictSliding(model, normalized(sample), { overlap });
  const resized = resizedTo(normalized(sample), size);
  const [prediction] = await predict(model, [resized]);
  return atSizeOf(sample, prediction!, resized);
}

/** An image or volume at another size. */
function resizedTo(sample: Sample, size: readonly number[]): Sample {
  return size.length === 3
    ? resizeVolume(sample, size as unknown as VolumeSize)
    : resizeSample(sample, size[0]!, size[1]!);
}

/** A prediction for `predicted` at the size of `sample`: probabilities are interpolated. */
function atSizeOf(sample: Sample, prediction: Prediction, predicted: Sample): Prediction {
  const sizes = sizesOf(sample);
  if (sizes.every((side, axis) => side === sizesOf(predicted)[axis])) return prediction;
  const { probabilities, labels } = prediction;
  const channels = probabilities.length / labels.length;
  const { depth, height, width } = predicted;
  const small = { id: sample.id, ...(depth !== undefined && { depth }), height, width, channels, image: probabilities, mask: labels }; // prettier-ignore
  const { image } = resizedTo(small, sizes);
  return { id: sample.id, probabilities: image, labels: mostProbable(image, channels) };
}

/** What is left of a prediction without the voxels that `padVolume` added. */
function unpadded({ id, labels, probabilities }: Prediction, padded: Sample, volume: Sample): Prediction {
  const [from, to] = [sizesOf(padded), sizesOf(volume)] as [number[], number[]];
  if (labels.length === volume.mask.length) return { id, labels, probabilities };
  const channels = probabilities.length / labels.length;
  const [front, top, left] = to.map((side, axis) => paddingBefore(side, from[axis]!)) as [number, number, number]; // prettier-ignore
  const [depth, height, width] = to as [number, number, number];
  const kept = { labels: new Uint8Array(volume.mask.length), probabilities: new Float32Array(volume.mask.length * channels) }; // prettier-ignore
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const at = ((z + front) * from[1]! + y + top) * from[2]! + left;
      const row = (z * height + y) * width;
      kept.labels.set(labels.subarray(at, at + width), row);
      kept.probabilities.set(probabilities.subarray(at * channels, (at + width) * channels), row * channels);
    }
  }
  return { id, ...kept };
}
