import { decode } from '@segloss/metrics';
import type { Decoding } from '@segloss/trainer';

import type { Labels, Probabilities } from './read-mask.js';

/** A decoding as it is written on the command line: `threshold=0.3`. */
export const decodingName = ({ policy, threshold }: Decoding): string =>
  threshold === undefined ? policy : `${policy}=${threshold}`;

/** Labels of probabilities `[channels, pixels]`, which are scaled to sum to 1: float16 keeps three digits. */
export function decoded(probabilities: Probabilities, { policy, threshold = 0.5 }: Decoding): Labels {
  const { file, shape, volume, channels, values } = probabilities;
  const pixels = values.length / channels;
  const last = new Float32Array(values.length);
  for (let i = 0; i < pixels; i++) {
    let sum = channels === 1 ? 1 : 0;
    for (let c = 0; c < channels && channels > 1; c++) sum += values[c * pixels + i]!;
    for (let c = 0; c < channels; c++) last[i * channels + c] = values[c * pixels + i]! / sum;
  }
  const labels = decode(last, {
    policy: policy === 'threshold' ? 'thresholds' : policy,
    numClasses: channels,
    ...(policy === 'threshold' && { thresholds: new Array<number>(channels).fill(threshold) }),
  });
  return { file, shape, values: labels, ...(volume && { volume }) };
}
