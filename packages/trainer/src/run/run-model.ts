import { type LayersModel } from '@tensorflow/tfjs-layers';

import { modulesIn } from '../config/modules.js';
import { ConfigError } from '../config/config-error.js';
import { type RunConfig } from '../config/schema.js';
import { buildModel, loadModelModule } from '../../../models/src/index.js';
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
 * @throws {ConfigError} If the name or an option is unknown, or sizes do not fit. @throws {ModuleError} If a module cannot be used.
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
  if (modulesIn(name)[0] !== name) return { model: known(name, options), sources: [] };
  const { build, ...source } = await loadModelModule(name, folder);
  return { model: build(options), sources: [source] };
}

/** A model of the registry; what is wrong with it is wrong with the configuration. */
function known(name: string, options: Parameters<typeof buildModel>[1]): LayersModel {
  try {
    return buildModel(name, options);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new ConfigError({
      what: 'model: it cannot be built',
      where: `model, for images of ${options.inputShape.join('x')} and ${options.outputs} output channels`,
      expected: error.message,
      remedy: 'change model, or data.size for the size of the images',
    });
  }
}
