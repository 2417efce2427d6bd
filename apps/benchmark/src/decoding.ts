import type { Decoding } from '@segloss/trainer';
import { InvalidArgumentError } from 'commander';

import { decodingName } from './analyze/decodings.js';

const WANTED = 'argmax, volume, dice, or threshold=X with X from 0 to below 1';

/** Reads `volume` or `threshold=0.3`, as `--decode` wants it. */
export function parseDecoding(text: string): Decoding {
  const [policy = '', value, ...rest] = text.trim().split('=');
  if ((policy === 'argmax' || policy === 'volume' || policy === 'dice') && value === undefined)
    return { policy };
  const threshold = Number(value);
  if (policy === 'threshold' && value?.trim() && rest.length === 0 && threshold >= 0 && threshold < 1) {
    return { policy, threshold };
  }
  throw new InvalidArgumentError(`Wanted ${WANTED}, got "${text}".`);
}

/** Reads a list of different decodings, `argmax,volume`. */
export function parseDecodings(text: string): Decoding[] {
  const decodings = text.split(',').map(parseDecoding);
  const names = decodings.map(decodingName);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return decodings;
  throw new InvalidArgumentError(`Wanted different decodings, got ${twice} twice.`);
}
