import { tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { CheckpointError } from '../loop/checkpoint.js';
import { checkpointFile, readCheckpoint, type CheckpointName } from './store.js';

/**
 * Gives a model the weights of a checkpoint.
 *
 * @param folder That of the checkpoints.
 * @throws {CheckpointError} If the checkpoint is missing or damaged, or of another model.
 */
export function restoreWeights(model: LayersModel, folder: string, name: CheckpointName): void {
  const { tensors } = readCheckpoint(folder, name);
  model.weights.forEach((weight, i) => {
    const saved = tensors[`weights/${i}`];
    if (saved?.shape.join() !== weight.shape.join()) {
      const got = saved === undefined ? 'none' : `[${saved.shape}]`;
      throw new CheckpointError(
        `${checkpointFile(folder, name)}: wanted weights of shape [${weight.shape}] for ${weight.name}, got ${got}; ` +
          'has the module of the model changed since?',
      );
    }
    const values = tensor(saved.values, [...saved.shape]);
    weight.write(values);
    values.dispose();
  });
}
