import { IMAGENET_REPOSITORIES } from './imagenet.js';

/** A file of a repository on a hub. */
export interface HubReference {
  /** `owner/name`. */
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Path in the repository; by default `model.safetensors`, or the only `.safetensors` file. */
  readonly file?: string | undefined;
}

const PATTERN = /^hf:([\w.-]+\/[\w.-]+)(?:@([\w.-]+))?(?:\/(.+\.safetensors))?$/;

/** Whether a value of `model.encoderWeights` means weights of a hub, and not a file. */
export function isHubReference(value: unknown): value is string {
  return typeof value === 'string' && (value === 'imagenet' || value.startsWith('hf:'));
}

/**
 * Reads `imagenet` or `hf:owner/name[@revision][/file.safetensors]`.
 *
 * @param encoder That of the model, which decides what `imagenet` means.
 * @throws {RangeError} If the text has another form, or there are no ImageNet weights for the encoder.
 */
export function readReference(text: string, encoder: string): HubReference {
  if (text === 'imagenet') {
    const repository = IMAGENET_REPOSITORIES[encoder];
    if (repository === undefined) {
      throw new RangeError(
        `wanted an encoder with ImageNet weights (${Object.keys(IMAGENET_REPOSITORIES).join(', ')}), got ${encoder}`,
      );
    }
    return { repository, revision: 'main', file: 'model.safetensors' };
  }
  const found = PATTERN.exec(text);
  if (found === null || found[3]?.split('/').includes('..')) {
    throw new RangeError(
      `wanted imagenet or hf:owner/name[@revision][/file.safetensors], got ${JSON.stringify(text)}`,
    );
  }
  const [, repository, revision = 'main', file] = found;
  return { repository: repository!, revision, file };
}

/** Writes a reference with every part, as `readReference` reads it. */
export function writeReference({ repository, revision, file }: Required<HubReference>): string {
  return `hf:${repository}@${revision}/${file}`;
}
