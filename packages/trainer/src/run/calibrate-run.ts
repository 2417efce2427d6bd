import { IGNORED, type SampleSource } from '@segloss/data';
import { fitTemperature } from '@segloss/metrics';

import { checkpointFile } from '../checkpoint/store.js';
import { fileHash } from './file-hash.js';
import { type OpenRun } from './open-run.js';
import { predictImage, type PredictImageOptions } from './predict-image.js';
import { ownImages } from './own-images.js';
import { RunError } from './run-error.js';
import { CALIBRATION_FILE, type RunCalibration } from './run-calibration.js';
import { RunFolder } from './run-folder.js';

/** Pixels of an image that are looked at, evenly spaced: neighbors say the same. */
const PIXELS = 20_000;

/**
 * Fits the temperature of a run's probabilities to its validation images, and keeps it in the folder of the run, for
 * `openRun(folder, { calibrated: true })`.
 *
 * @param run Opened without `calibrated`. @param options How images are predicted, as they will be later.
 * @throws {RunError} If the data of the run have changed, or it has no validation images. @throws {RangeError} If no pixel has a label.
 *
 * @example
 * ```ts
 * const { tmpdir } = await import('node:os');
 * const config = parseConfig({ data: { folder: 'demo', limit: 2, size: 16 }, model: { widths: [2] }, epochs: 1, backend: 'wasm', out: tmpdir() });
 * const { folder } = await runTraining({ config, origin: {}, folder: '.', file: 'calibrated.yaml' }, { fresh: true });
 * const { temperature, nll } = await calibrateRun(await openRun(folder));
 * nll.after <= nll.before; // → true
 * (await openRun(folder, { calibrated: true })).temperature === temperature; // → true
 * ```
 *
 * @see Guo et al., arXiv:1706.04599, §4.2.
 */
export async function calibrateRun(run: OpenRun, options: PredictImageOptions = {}): Promise<RunCalibration> {
  const { val } = (await ownImages(run)) as { val: readonly SampleSource[] };
  if (val.length === 0) {
    throw new RunError(`calibrateRun: wanted validation images in ${run.folder}, got none`, 'other-data');
  }
  const [labels, probabilities]: [number[], number[]] = [[], []];
  for (const source of val) {
    const sample = await source.load();
    const { probabilities: own } = await predictImage([{ ...run, temperature: 1 }], sample, options);
    const classes = own.length / sample.mask.length;
    const counted = Array.from(sample.mask.keys()).filter((i) => sample.mask[i] !== IGNORED);
    const step = Math.max(1, Math.ceil(counted.length / PIXELS));
    for (let at = 0; at < counted.length; at += step) {
      const i = counted[at]!;
      labels.push(sample.mask[i]!);
      for (let k = 0; k < classes; k++) probabilities.push(own[i * classes + k]!);
    }
  }
  const home = new RunFolder(run.folder);
  const calibration: RunCalibration = {
    ...fitTemperature(labels, probabilities, { numClasses: run.classes.length, ignoreIndex: IGNORED }),
    checkpoint: run.checkpoint,
    weights: await fileHash(checkpointFile(home.checkpoints, run.checkpoint)),
    images: val.length,
    prediction: options,
  };
  home.write(CALIBRATION_FILE, calibration);
  return calibration;
}
