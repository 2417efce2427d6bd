import { resizeSample, type Sample } from '@segloss/data';

import { predict, type Prediction } from '../loop/predict.js';
import { predictSliding } from '../loop/sliding-window.js';
import { normalizer } from './normalize.js';
import { type OpenRun } from './open-run.js';

/** How an image of any size comes to the model. */
export interface PredictImageOptions {
  /** Windows of the model's size over the image as it is, instead of resizing it; default false. */
  window?: boolean;
  /** Share of a window that the next one covers again; default 0.5. */
  overlap?: number;
}

/** Labels and probabilities of an image, at its own size. */
export async function predictImage(
  { model, config, inputShape }: Pick<OpenRun, 'model' | 'config' | 'inputShape'>,
  sample: Sample,
  { window = false, overlap = 0.5 }: PredictImageOptions = {},
): Promise<Prediction> {
  const normalized = normalizer(config.data.normalize)(sample);
  if (window) return predictSliding(model, normalized, { overlap });
  const [height, width] = inputShape;
  const [prediction] = await predict(model, [resizeSample(normalized, height, width)]);
  const { probabilities, labels } = prediction!;
  if (sample.height === height && sample.width === width) return prediction!;
  const channels = probabilities.length / labels.length;
  const small = { id: sample.id, height, width, channels, image: probabilities, mask: labels };
  const { image } = resizeSample(small, sample.height, sample.width);
  return { id: sample.id, probabilities: image, labels: mostProbable(image, channels) };
}

function mostProbable(probabilities: Float32Array, channels: number): Uint8Array {
  return Uint8Array.from({ length: probabilities.length / channels }, (_, pixel) => {
    let best = 0;
    const at = pixel * channels;
    for (let k = 1; k < channels; k++) if (probabilities[at + k]! > probabilities[at + best]!) best = k;
    return best;
  });
}
