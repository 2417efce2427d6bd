import { existsSync } from 'node:fs';

import { type LayersModel } from '@tensorflow/tfjs-layers';

import { restoreWeights } from '../checkpoint/restore-weights.js';
import { checkpointFile } from '../checkpoint/store.js';
import { type RunConfig } from '../config/schema.js';
import { predict } from '../loop/predict.js';
import { weightsHash } from '../weights.js';
import { chooseExamples, packExamples } from './examples.js';
import { denormalizer } from './normalize.js';
import { type RunData } from './run-data.js';
import { type RunFolder } from './run-folder.js';
import { scoreImages, weightScores, type RunScores, type ScoreOptions, type WeightScores } from './scores.js';

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
  { batchSize, data }: Pick<RunConfig, 'batchSize' | 'data'>,
  signal: AbortSignal | undefined,
): Promise<RunScores | undefined> {
  const options: ScoreOptions = {
    ...{ classes, background, batchSize, signal },
    ...(valWindow && { window: valWindow }),
  };
  const last = await scoreWeights(model, val, options);
  if (last === undefined) return undefined;
  const choice = chooseExamples(last.cases, background);
  const shown = val.filter(({ id }) => choice.chosen.some((one) => one.id === id));
  const predicted = { last: await labelsOf(model, shown, options), best: undefined as Labels | undefined };

  let best: WeightScores | undefined;
  if (existsSync(checkpointFile(home.checkpoints, 'best'))) {
    restoreWeights(model, home.checkpoints, 'best');
    best = (await weightsHash(model)) === last.weightsSha256 ? last : await scoreWeights(model, val, options);
    if (best === undefined) return undefined;
    predicted.best = await labelsOf(model, shown, options);
  }
  const tested = test === undefined ? undefined : await scoreWeights(model, test, options);
  if (test !== undefined && tested === undefined) return undefined;
  if (best !== undefined) restoreWeights(model, home.checkpoints, 'last');
  const labels = (id: string) => ({ last: predicted.last.get(id)!, best: predicted.best?.get(id) });
  home.write('examples.json', await packExamples(shown, choice, labels, denormalizer(data.normalize)));
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
  return cases && weightScores(await weightsHash(model), cases, options);
}

type Labels = ReadonlyMap<string, Uint8Array>;

async function labelsOf(
  model: LayersModel,
  sources: RunData['val'],
  { batchSize, window }: ScoreOptions,
): Promise<Labels> {
  const predictions = await predict(model, sources, { batchSize, ...(window && { window }) });
  return new Map(predictions.map(({ id, labels }) => [id, labels]));
}
