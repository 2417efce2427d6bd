import { existsSync } from 'node:fs';

import { type LayersModel } from '@tensorflow/tfjs-layers';

import { restoreWeights } from '../checkpoint/restore-weights.js';
import { checkpointFile } from '../checkpoint/store.js';
import { type RunConfig } from '../config/schema.js';
import { inGroups } from '../loop/batches.js';
import { weightsHash } from '../weights.js';
import { chooseExamples, mostExamples, packExamples, packMask, type PackedMasks } from './examples.js';
import { denormalizer } from './normalize.js';
import { type RunData } from './run-data.js';
import { type RunFolder } from './run-folder.js';
import {
  predictionsOf,
  scoreImages,
  weightScores,
  type RunScores,
  type ScoreOptions,
  type WeightScores,
} from './scores.js';

/**
 * Scores the validation images with the last and the best weights, and test images with the best, and writes `scores.json` and `examples.json`. Depends on the
 * checkpoints alone: after a kill it is done again and writes the same bytes.
 *
 * @param model Has the last weights, and has them again afterwards.
 * @returns Undefined where the signal ended it; nothing is written then.
 */
export async function scoreRun(
  home: RunFolder,
  model: LayersModel,
  { val, test, classes, background, valWindow }: RunData,
  { batchSize, data, validation }: Pick<RunConfig, 'batchSize' | 'data' | 'validation'>,
  signal: AbortSignal | undefined,
): Promise<RunScores | undefined> {
  const options: ScoreOptions = {
    ...{ classes, background, batchSize, signal, tta: validation.tta },
    complete: data.limit === undefined,
    ...(valWindow && { window: valWindow }),
  };
  const last = await scoreWeights(model, val, options);
  if (last === undefined) return undefined;
  const volumes = (await val[0]?.load())?.depth !== undefined;
  const choice = chooseExamples(last.cases, background, mostExamples(volumes));
  const chosen = new Set(choice.chosen.map(({ id }) => id));
  const shown = val.filter(({ id }) => chosen.has(id));
  const lastMasks = await masksOf(model, shown, choice.label, options);
  if (lastMasks === undefined) return undefined;

  let best: WeightScores | undefined;
  let bestMasks: PackedMasks | undefined;
  if (existsSync(checkpointFile(home.checkpoints, 'best'))) {
    restoreWeights(model, home.checkpoints, 'best');
    const same = (await weightsHash(model)) === last.weightsSha256;
    best = same ? last : await scoreWeights(model, val, options);
    bestMasks = same ? lastMasks : await masksOf(model, shown, choice.label, options);
    if (best === undefined || bestMasks === undefined) return undefined;
  }
  const tested = test === undefined ? undefined : await scoreWeights(model, test, options);
  if (test !== undefined && tested === undefined) return undefined;
  if (best !== undefined) restoreWeights(model, home.checkpoints, 'last');
  const masks = { last: lastMasks, best: bestMasks };
  home.write('examples.json', await packExamples(shown, choice, masks, denormalizer(data.normalize)));
  const scores: RunScores = { schemaVersion: 1, classes, background, last, ...(best && { best }), ...(tested && { test: tested }) }; // prettier-ignore
  home.write('scores.json', scores);
  return scores;
}

async function scoreWeights(
  model: LayersModel,
  sources: RunData['val'],
  options: ScoreOptions,
): Promise<WeightScores | undefined> {
  const cases = await scoreImages(model, sources, options);
  return (
    cases &&
    weightScores(await weightsHash(model), cases, { ...options, ...(options.complete && { sources }) })
  );
}

/** Packs what the model predicts for the shown images; keeps one batch in memory. */
async function masksOf(
  model: LayersModel,
  sources: RunData['val'],
  label: number,
  options: ScoreOptions,
): Promise<PackedMasks | undefined> {
  const { batchSize, window, signal } = options;
  const masks = new Map<string, string>();
  for (const group of inGroups(sources, window === undefined ? batchSize : 1)) {
    if (signal?.aborted) return undefined;
    const samples = await Promise.all(group.map((source) => source.load()));
    const predictions = await predictionsOf(model, samples, options);
    predictions.forEach(({ id, labels }, i) => masks.set(id, packMask(samples[i]!, labels, label)));
    await new Promise((resolve) => setImmediate(resolve)); // lets signals and heartbeats in
  }
  return masks;
}
