import { type LayersModel } from '@tensorflow/tfjs-layers';

import { modulesIn } from '../config/modules.js';
import { type RunConfig } from '../config/schema.js';
import { buildModel, loadModelModule } from '../models/index.js';
import { type ModuleSource } from '../modules/load-module.js';

/** Shape and channels that a model of a run has. */
interface ModelInput {
  readonly inputShape: readonly number[];
  readonly classes: readonly string[];
}

/**
 * Builds the model that a configuration names.
 *
 * @param options `pretrained: false` leaves out `encoderWeights`, for a model that gets other weights at once.
 * @throws {RangeError} If the name is unknown, or sizes do not fit. @throws {TypeError} If an option is unknown.
 */
export async function buildRunModel(
  config: Pick<RunConfig, 'model' | 'seed'>,
  { inputShape, classes }: ModelInput,
  { pretrained = true, folder = '.' }: { pretrained?: boolean; folder?: string } = {},
): Promise<{ model: LayersModel; sources: ModuleSource[] }> {
  const { name, ...given } = config.model;
  const untrained = { ...given };
  delete untrained['encoderWeights'];
  const options = {
    ...(pretrained ? given : untrained),
    inputShape,
    outputs: classes.length === 2 ? 1 : classes.length,
    seed: config.seed,
  };
  if (modulesIn(name)[0] !== name) return { model: buildModel(name, options), sources: [] };
  const { build, ...source } = await loadModelModule(name, folder);
  return { model: build(options), sources: [source] };
}
