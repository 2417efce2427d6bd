import { folderStore } from './checkpoint/folder-store.js';
import {
  type CheckpointOptions,
  type EpochReport,
  type TrainOptions as LoopOptions,
} from './loop/train-options.js';
import { train as trainLoop } from './loop/train.js';

/** {@link CheckpointOptions} with a folder for its store. */
export interface CheckpointFolder extends Omit<CheckpointOptions, 'store'> {
  /** Gets `last`, `previous` and `best.safetensors`; a training with the same options resumes from there. */
  folder: string;
}

/** Options of {@link train}. */
export interface TrainOptions extends Omit<LoopOptions, 'checkpoint'> {
  checkpoint?: CheckpointOptions | CheckpointFolder;
}

/**
 * Trains a model as `train` of `@segloss/trainer/loop` does, and can keep its checkpoints in a folder.
 *
 * @param options Those of the loop, with `checkpoint: { folder }` for `checkpoint: { store }`; notes and
 *   faults of checkpoints are warnings of the process unless `onNote` and `say` are given.
 * @throws {DivergedError} Before an update that would carry NaN or infinity into the weights.
 * @throws {RangeError} If a sample does not fit the model or an option is out of range.
 * @throws {CheckpointError} If the folder's checkpoints are damaged, or of other options.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const { parseLoss } = await import('@segloss/losses');
 * const { mkdtempSync, readdirSync } = await import('node:fs');
 * const folder = mkdtempSync((await import('node:os')).tmpdir() + '/segloss-');
 * const sample = { id: 'a', width: 4, height: 4, channels: 1, image: new Float32Array(16).fill(1), mask: new Uint8Array(16).fill(1) };
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * const options = { model, loss: parseLoss('ce'), train: [sample], val: [sample], classes: ['no', 'yes'], epochs: 1 };
 * for await (const { epoch } of train({ ...options, checkpoint: { folder } })) epoch; // → 0
 * readdirSync(folder); // → ["best.safetensors", "last.safetensors"]
 * ```
 */
export function train(options: TrainOptions): AsyncGenerator<EpochReport, void, undefined> {
  const say = (text: string) => process.emitWarning(text);
  const { checkpoint, ...given } = options;
  const rest = { onNote: say, ...given };
  if (checkpoint === undefined) return trainLoop(rest);
  if (!('folder' in checkpoint)) return trainLoop({ ...rest, checkpoint });
  const { folder, ...others } = checkpoint;
  return trainLoop({ ...rest, checkpoint: { say, ...others, store: folderStore(folder) } });
}
