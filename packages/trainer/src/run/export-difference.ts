import { existsSync } from 'node:fs';
import path from 'node:path';

import { resizeSample, type Sample } from '@segloss/data';
import { randomStream } from '@segloss/data/samples';
import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { toBatch } from '../loop/batches.js';
import { readExamples, unpackBytes } from './examples.js';
import { normalizer } from './normalize.js';
import { type OpenRun } from './open-run.js';

/** How much the logits of an exported model differ from those of its run. */
export interface ExportDifference {
  /** Where the images come from: validation images that the run keeps, or random values where it keeps none that fit. */
  readonly images: 'validation' | 'random';
  readonly count: number;
  /** Largest absolute difference of a logit. */
  readonly largest: number;
  /** Largest absolute logit of the run. */
  readonly scale: number;
  /** Fraction of pixels with another label. */
  readonly changed: number;
}

/** Images that are compared, at most. */
const MOST = 4;

/**
 * Compares the logits of a run with those of its exported model, on up to four images.
 *
 * @param model What `loadExportedModel` returns.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * const run = { folder: 'no-examples', model, config: parseConfig({ data: { folder: 'demo' } }), inputShape: [4, 4, 1] };
 * const { images, largest, changed } = await exportDifference(run, model);
 * [images, largest, changed]; // → ["random",0,0]
 * ```
 */
export async function exportDifference(
  run: Pick<OpenRun, 'folder' | 'model' | 'config' | 'inputShape'>,
  model: LayersModel,
): Promise<ExportDifference> {
  const kept = keptImages(run);
  const samples = kept.length > 0 ? kept : [randomImage(run.inputShape)];
  let [largest, scale, changed, pixels] = [0, 0, 0, 0];
  for (const sample of samples) {
    const [a, b] = [await logitsOf(run.model, sample), await logitsOf(model, sample)];
    const channels = run.model.outputs[0]!.shape.at(-1)!;
    for (let i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
      scale = Math.max(scale, Math.abs(a[i]!));
    }
    for (let at = 0; at < a.length; at += channels) {
      changed += labelOf(a, at, channels) === labelOf(b, at, channels) ? 0 : 1;
      pixels += 1;
    }
  }
  const images = kept.length > 0 ? 'validation' : 'random';
  return { images, count: samples.length, largest, scale, changed: changed / pixels };
}

async function logitsOf(model: LayersModel, sample: Sample): Promise<Float32Array> {
  const logits = tidy(() => model.predict(toBatch([sample]).images) as Tensor);
  const values = (await logits.data()) as Float32Array;
  logits.dispose();
  return values;
}

/** The most probable class, or of one logit the second where it is above 0. */
function labelOf(logits: Float32Array, at: number, channels: number): number {
  if (channels === 1) return logits[at]! > 0 ? 1 : 0;
  let best = 0;
  for (let k = 1; k < channels; k++) if (logits[at + k]! > logits[at + best]!) best = k;
  return best;
}

/** Examples of the run, as its model takes them. */
function keptImages({
  folder,
  config,
  inputShape,
}: Pick<OpenRun, 'folder' | 'config' | 'inputShape'>): Sample[] {
  const [height, width, channels] = inputShape as [number, number, number];
  const file = path.join(folder, 'examples.json');
  if (inputShape.length !== 3 || (channels !== 1 && channels !== 3) || !existsSync(file)) return [];
  const { images } = readExamples(file);
  const normalized = normalizer(config.data.normalize);
  return images.slice(0, MOST).map(({ id, image }) => {
    const rgb = unpackBytes(image.rgb);
    const step = 3 / channels;
    const values = Float32Array.from({ length: rgb.length / step }, (_, i) => rgb[step * i]! / 255);
    const sample = { id, channels, height: image.height, width: image.width, image: values, mask: new Uint8Array(image.height * image.width) }; // prettier-ignore
    return normalized(resizeSample(sample, height, width));
  });
}

function randomImage(inputShape: readonly number[]): Sample {
  const [channels, width, height, depth] = [...inputShape].reverse() as [number, number, number, number?];
  const random = randomStream(0).fork('export');
  const voxels = height * width * (depth ?? 1);
  const image = Float32Array.from({ length: voxels * channels }, () => random.uniform());
  return { id: 'random', channels, width, height, ...(depth !== undefined && { depth }), image, mask: new Uint8Array(voxels) }; // prettier-ignore
}
