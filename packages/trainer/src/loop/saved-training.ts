import { dispose, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { CheckpointError, type CheckpointContent, type CheckpointTensor } from './checkpoint.js';
import { type JudgeState } from './judge.js';
import { type MeansState } from './means.js';
import { type Optimizer } from './optimizers/index.js';
import { settingsOf, type CheckpointOptions, type ResolvedOptions } from './train-options.js';
import { type WeightAverage } from './weight-average.js';

/** Where a training stands between two updates. */
export interface Place {
  epoch: number;
  /** Updates of this epoch that are done. */
  update: number;
  /** Updates since the start. */
  step: number;
  /** Of the last update. */
  learningRate: number;
  sums: MeansState;
}

/** With the tensors, everything that the remaining training depends on. */
export type Position = Place & JudgeState;

/** Tensors of a training: all that is saved of them, and restored. */
export interface TrainingTensors {
  readonly model: LayersModel;
  /** Weights that only the training has: of auxiliary outputs. */
  readonly auxiliary: LayersModel['weights'];
  readonly optimizer: Optimizer;
  readonly average: WeightAverage | undefined;
}

/** Saves as `last` what the remaining training depends on. */
export async function saveTraining(
  { store }: CheckpointOptions,
  { model, auxiliary, optimizer, average }: TrainingTensors,
  position: Position,
  options: ResolvedOptions,
): Promise<void> {
  const slots = Object.entries(optimizer.slots());
  const tensors = await stored({
    ...validatedWeights(model, average),
    ...(average && named('training', average.weights)),
    ...named('auxiliary', auxiliary.map((weight) => weight.read())), // prettier-ignore
    ...Object.fromEntries(slots.map(([name, slot]) => [`optimizer/${name}`, slot])),
  });
  const metadata = {
    position: JSON.stringify(position),
    settings: JSON.stringify(settingsOf(options)),
  };
  await store.save('last', { tensors, metadata });
}

/** Saves as `best` the weights that are validated. */
export async function saveBest(
  { store }: CheckpointOptions,
  { model, average }: TrainingTensors,
  metadata: Record<string, string>,
): Promise<void> {
  await store.save('best', { tensors: await stored(validatedWeights(model, average)), metadata });
}

/**
 * Restores the tensors of the newest checkpoint.
 *
 * @returns Where that training stood; undefined where nothing was saved yet.
 * @throws {CheckpointError} If the checkpoint is of a training with other settings.
 */
export async function restoreTraining(
  { store, say = (text) => console.warn(text) }: CheckpointOptions,
  { model, auxiliary, optimizer, average }: TrainingTensors,
  options: ResolvedOptions,
): Promise<Position | undefined> {
  const file = await store.load(say);
  if (file === undefined) return undefined;
  const settings = JSON.parse(file.metadata['settings']!) as Record<string, unknown>;
  const wanted = asJson(settingsOf(options));
  const other = Object.keys(wanted).filter(
    (key) => JSON.stringify(settings[key]) !== JSON.stringify(wanted[key]),
  );
  if (other.length > 0) {
    throw new CheckpointError(
      `${store.name} holds a training with other settings (${other.join(', ')}); ` +
        'choose another folder, or remove this one to train from the start',
    );
  }
  const position = JSON.parse(file.metadata['position']!) as Position;
  const tensors = new Map(
    Object.entries(file.tensors).map(([name, { shape, values }]) => [name, tensor(values, [...shape])]),
  );
  const saved = (kind: string) => model.weights.map((_, i) => tensors.get(`${kind}/${i}`)!);
  const weights = saved(average === undefined ? 'weights' : 'training');
  model.weights.forEach((weight, i) => weight.write(weights[i]!));
  auxiliary.forEach((weight, i) => weight.write(tensors.get(`auxiliary/${i}`)!));
  average?.restore(saved('weights'));
  const slots = Object.keys(optimizer.slots());
  optimizer.restore(
    Object.fromEntries(slots.map((name) => [name, tensors.get(`optimizer/${name}`)!])),
    position.step,
  );
  dispose([...tensors.values()]);
  return position;
}

function validatedWeights(model: LayersModel, average: WeightAverage | undefined): Record<string, Tensor> {
  return named('weights', average?.averages ?? model.weights.map((weight) => weight.read()));
}

function named(kind: string, tensors: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(tensors.map((one, i) => [`${kind}/${i}`, one]));
}

async function stored(tensors: Record<string, Tensor>): Promise<CheckpointContent['tensors']> {
  const result: Record<string, CheckpointTensor> = {};
  for (const [name, one] of Object.entries(tensors)) {
    result[name] = { shape: one.shape, values: (await one.data()) as Float32Array };
  }
  return result;
}

function asJson(value: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}
