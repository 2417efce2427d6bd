import { tryInChild, type ChildTrial } from '../backend/try-in-child.js';
import { type BackendFacts } from '../backend/types.js';
import { type Found } from './found.js';
import { SetupError } from './setup-error.js';

/** TensorFlow takes some seconds to load, from a cold disk many. */
const LIMIT = 180;

type Tensorflow = NonNullable<BackendFacts['tensorflow']>;

/** Whether the backend works already, as it is wanted. */
export async function standing(gpu: boolean): Promise<Found<Tensorflow> | undefined> {
  const trial = await tryInChild('tensorflow', LIMIT);
  if (!trial.works || (gpu && !trial.tensorflow!.gpu)) return undefined;
  return { value: trial.tensorflow!, message: `${trial.reason} works already`, kept: true };
}

/** Loads it in another process and takes a gradient. */
export async function checkBackend(gpu: boolean, tfjsNode: string): Promise<Found<Tensorflow>> {
  const trial = await tryInChild('tensorflow', LIMIT);
  if (!trial.works)
    throw new SetupError('a convolution gradient on it', trial.reason, remedyFor(trial, tfjsNode));
  const facts = trial.tensorflow!;
  if (gpu && !facts.gpu) {
    const remedy =
      'see that nvidia-smi lists the GPU, with a driver for CUDA 12, and that CUDA_VISIBLE_DEVICES does not hide it';
    throw new SetupError('TensorFlow on a GPU', `TensorFlow ${facts.version} on the processor`, remedy);
  }
  return { value: facts, message: `${trial.reason}: its convolution gradient is right` };
}

function remedyFor({ missing }: ChildTrial, tfjsNode: string): string {
  return missing
    ? `segloss runs from another place than ${tfjsNode} and does not see it; install segloss in the same project and use npx segloss there`
    : 'npx segloss doctor shows what the other backends say';
}
