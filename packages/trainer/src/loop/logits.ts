import { type Sample } from '@segloss/data/samples';
import { dispose, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import {
  checkSamples,
  inGroups,
  inMemory,
  loadGroups,
  sizesOf,
  toBatch,
  type TrainingItem,
} from './batches.js';
import { slidingLogits, type SlidingWindowOptions } from './sliding-window.js';

/** How samples come to the model. */
export interface LogitsOptions {
  /** Images of one forward pass; default 8. */
  batchSize?: number;
  /** Windows of the model's size over samples of any size, one sample after the other. Default: samples have the model's size. */
  window?: SlidingWindowOptions;
}

/** Samples with their labels `[B, ...spatial]` and logits `[B, ...spatial, K]`, which are valid until the next group. */
export interface GroupLogits {
  readonly group: readonly Sample[];
  readonly labels: Tensor;
  readonly logits: Tensor;
}

/** Runs the model over all samples, in groups. @throws {RangeError} If a sample does not fit the model; names the caller. */
export async function* groupLogits(
  caller: string,
  model: LayersModel,
  items: readonly TrainingItem[],
  { batchSize = 8, window }: LogitsOptions,
): AsyncGenerator<GroupLogits, void, undefined> {
  const { shape } = model.inputs[0]!;
  if (window === undefined) checkSamples(caller, inMemory(items), shape);
  for await (const group of loadGroups(inGroups(items, window === undefined ? batchSize : 1))) {
    if (window === undefined) checkSamples(caller, group, shape);
    const { images, labels } = toBatch(group);
    const logits =
      window === undefined
        ? (model.predict(images) as Tensor)
        : await windowed(model, group[0]!, { batchSize, ...window });
    images.dispose();
    try {
      yield { group, labels, logits };
    } finally {
      dispose([labels, logits]);
    }
  }
}

async function windowed(model: LayersModel, sample: Sample, options: SlidingWindowOptions): Promise<Tensor> {
  const values = await slidingLogits(model, sample, options);
  return tensor(values, [1, ...sizesOf(sample), model.outputs[0]!.shape.at(-1)!]);
}
