import { readFileSync } from 'node:fs';

import { buildModel, models } from '@segloss/models';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { outputChannels } from '../loop/batches.js';
import { modulesOfModel } from '../config/modules.js';
import { ConfigError } from '../config/config-error.js';
import { type RunConfig } from '../config/schema.js';
import { type ModuleSource } from '../modules/module-source.js';
import { loadModelModule } from '../modules/model-module.js';

/** Shape and channels that a model of a run has. */
interface ModelInput {
  readonly inputShape: readonly number[];
  readonly classes: readonly string[];
}

/**
 * Builds the model that a configuration names.
 *
 * @param options `pretrained: false` leaves out `encoderWeights`, for a model that gets other weights next; `weightsFile` replaces them, the file
 * of weights of a hub.
 * @throws {ConfigError} If the name or an option is unknown, or sizes do not fit. @throws {ModuleError} If a module cannot be used.
 */
export async function buildRunModel(
  config: Pick<RunConfig, 'model' | 'seed'>,
  { inputShape, classes }: ModelInput,
  {
    pretrained = true,
    folder = '.',
    weightsFile,
  }: { pretrained?: boolean; folder?: string; weightsFile?: string | undefined } = {},
): Promise<{ model: LayersModel; sources: ModuleSource[] }> {
  const { name, ...given } = config.model;
  const untrained = { ...given };
  delete untrained['encoderWeights'];
  const options = {
    ...(pretrained ? given : untrained),
    ...(pretrained && weightsFile !== undefined && { encoderWeights: weightsFile }),
    inputShape,
    outputs: outputChannels(classes),
    seed: config.seed,
  };
  if (modulesOfModel(config).length === 0) return { model: known(name, options), sources: [] };
  const { build, ...source } = await loadModelModule(name, folder);
  return { model: build(options), sources: [source] };
}

function weightsOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigError({
      what: 'model.encoderWeights: the file cannot be read',
      where: file,
      expected: 'a .safetensors file with the weights of the encoder, `imagenet`, or `hf:owner/name`',
      remedy: `check the path (${(error as Error).message})`,
    });
  }
}

/** A model of the registry; what is wrong with it is wrong with the configuration. */
function known(name: string, options: Parameters<typeof buildModel>[1]): LayersModel {
  const { encoderWeights: file } = options;
  const weights = typeof file === 'string' ? { encoderWeights: weightsOf(file) } : {};
  try {
    return buildModel(name, { ...options, ...weights });
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    const { inputShape, outputs } = options;
    const from = typeof file === 'string' ? `, with the encoder weights ${file}` : '';
    throw new ConfigError({
      what: 'model: it cannot be built',
      where: `model, for images of ${inputShape.join('x')} and ${outputs} output channels${from}`,
      expected: error.message,
      remedy: models().some((model) => model.name === name)
        ? 'change model, or data.size for the size of the images'
        : 'change model.name',
    });
  }
}
