import { readFileSync } from 'node:fs';

import { models } from '@segloss/models';
import { z } from 'zod';

import { ConfigError } from '../config/config-error.js';
import { type LoadedConfig } from '../config/load-config.js';
import { type RunConfig } from '../config/schema.js';
import { hubFile } from './hub-file.js';
import { IMAGENET_NORMALIZATION } from './imagenet.js';
import { isHubReference, readReference, writeReference, type HubReference } from './reference.js';

/** Mean and standard deviation of each channel. */
interface Normalization {
  mean: number[];
  std: number[];
}

/** A configuration with its weights on this machine. */
export interface ResolvedWeights {
  /** As it is kept with the run: the weights by their commit, `data.normalize` with numbers. */
  readonly loaded: LoadedConfig;
  /** The same with the path of the file, as the model is built from it. */
  readonly local: RunConfig;
}

/**
 * Downloads the weights that a configuration names on a hub, and replaces `data.normalize: auto` by what belongs to them; without such weights
 * `auto` is `none`.
 *
 * @param channels Of the images.
 * @param say Receives what is downloaded, and that a repository or file does not say how its images are normalized.
 * @throws {ConfigError} If the model takes no such weights, or the name of the weights is wrong. @throws {HubError} If they cannot be downloaded.
 */
export async function resolveEncoderWeights(
  loaded: LoadedConfig,
  channels: number,
  say: (text: string) => void,
): Promise<ResolvedWeights> {
  const { config, origin } = loaded;
  const { encoderWeights: text } = config.model;
  if (!isHubReference(text)) {
    if (typeof text === 'string' && config.data.normalize === 'auto') say(unnormalized(text, 'a file'));
    const plain = normalizedBy(config, undefined);
    return { loaded: { ...loaded, config: plain }, local: plain };
  }
  const reference = referenceOf(config, text);
  const file = await hubFile(reference, say);
  const known = text === 'imagenet' ? IMAGENET_NORMALIZATION : normalizationIn(file.description);
  const auto = config.data.normalize === 'auto';
  if (auto && known === undefined) {
    say(unnormalized(reference.repository, 'it'));
  }
  const pinned = writeReference(file.reference);
  const normalized = normalizedBy(config, known && forChannels(known, channels));
  const withWeights = (encoderWeights: string): RunConfig => ({
    ...normalized,
    model: { ...normalized.model, encoderWeights },
  });
  const origins = auto && known ? { ...without(origin, 'data.normalize'), 'data.normalize.mean': pinned, 'data.normalize.std': pinned } : origin; // prettier-ignore
  return {
    loaded: { ...loaded, config: withWeights(pinned), origin: origins },
    local: withWeights(file.path),
  };
}

const unnormalized = (weights: string, what: string): string =>
  `${weights}: ${what} does not say how its images are normalized: they keep values from 0 to 1; set data.normalize to the mean and std of the weights ({ mean: [${IMAGENET_NORMALIZATION.mean.join(', ')}], std: [${IMAGENET_NORMALIZATION.std.join(', ')}] } for ImageNet), or to none`;

function referenceOf({ model: { name } }: RunConfig, text: string): HubReference {
  const refuse = (expected: string, remedy: string): never => {
    throw new ConfigError({ what: 'model.encoderWeights: these weights cannot be used', where: `model ${name}`, expected, remedy }); // prettier-ignore
  };
  const known = models().find((one) => one.name === name);
  if (known === undefined || !('encoderWeights' in known.defaults)) {
    const some = models().filter((one) => 'encoderWeights' in one.defaults).map((one) => one.name); // prettier-ignore
    return refuse(
      `got ${text}; the model ${name} has no encoder that takes them`,
      `choose one of ${some.join(', ')}`,
    );
  }
  try {
    return readReference(text, name.slice(name.indexOf('-') + 1));
  } catch (error) {
    return refuse((error as Error).message, 'correct model.encoderWeights, or name a file with ./');
  }
}

function normalizedBy(config: RunConfig, known: Normalization | undefined): RunConfig {
  if (config.data.normalize !== 'auto') return config;
  return { ...config, data: { ...config.data, normalize: known ?? 'none' } };
}

/** For gray images the means over the colors, for more channels the colors in turn: as the filters of the first convolution are changed. */
function forChannels(
  { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] },
  channels: number,
): Normalization {
  const change = (values: readonly number[]) =>
    channels === 1
      ? [values.reduce((sum, value) => sum + value, 0) / values.length]
      : Array.from({ length: channels }, (_, k) => values[k % values.length]!);
  return { mean: change(mean), std: change(std) };
}

const three = z.tuple([z.number(), z.number(), z.number()]);
const positives = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);
/** timm's and transformers' ways of saying it. */
const described = z.union([
  z
    .object({ pretrained_cfg: z.object({ mean: three, std: positives }) })
    .transform((one) => one.pretrained_cfg),
  z.object({ image_mean: three, image_std: positives }).transform((one) => ({ mean: one.image_mean, std: one.image_std })), // prettier-ignore
]);

function normalizationIn(file: string | undefined): Normalization | undefined {
  if (file === undefined) return undefined;
  try {
    const { mean, std } = described.parse(JSON.parse(readFileSync(file, 'utf8')));
    return { mean: [...mean], std: [...std] };
  } catch {
    return undefined; // a description of something else
  }
}

function without(origin: Readonly<Record<string, string>>, key: string): Record<string, string> {
  return Object.fromEntries(Object.entries(origin).filter(([one]) => one !== key));
}
