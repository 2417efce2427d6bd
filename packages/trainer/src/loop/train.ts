import { Training } from './training.js';
import { type EpochReport, type TrainOptions } from './train-options.js';

/**
 * Trains a model and yields one report per epoch. The seed determines the order of the images, augmentation and dropout, so the same
 * options give bit-identical weights on the wasm and cpu backends; so does a training that was stopped or killed and resumes from its
 * checkpoint, which does not report finished epochs again. The end of an epoch is saved when the next report is requested, so that
 * whatever a program does with a report is never missing from a resumed training.
 *
 * @param options See {@link TrainOptions}.
 * @throws {DivergedError} Before an update that would carry NaN or infinity into the weights.
 * @throws {RangeError} If a sample does not fit the model or an option is out of range.
 * @throws {CheckpointError} If the folder's checkpoints are damaged, or of other options.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const { parseLoss } = await import('@segloss/losses');
 * const sample = { id: 'a', width: 4, height: 4, channels: 1, image: new Float32Array(16).fill(1), mask: new Uint8Array(16).fill(1) };
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * const losses = [];
 * const options = { model, loss: parseLoss('ce'), train: [sample], val: [sample], classes: ['no', 'yes'], epochs: 3, optimizer: { learningRate: 0.1 } };
 * for await (const { loss } of train(options)) losses.push(loss);
 * losses[2] < losses[0]; // → true
 * ```
 */
export async function* train(options: TrainOptions): AsyncGenerator<EpochReport, void, undefined> {
  const training = new Training(options);
  try {
    await training.resume();
    while (!training.finished) {
      const report = await training.epoch();
      if (report === undefined) return;
      yield report;
      await training.finishEpoch();
    }
  } finally {
    training.dispose();
  }
}
