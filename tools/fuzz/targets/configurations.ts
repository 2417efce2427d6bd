// Configurations of a run.
import { type RandomStream } from '@segloss/data';
import { LossSpecError } from '@segloss/losses';
import { ConfigError, parseConfig } from '@segloss/trainer';

import { pick } from '../random-inputs.js';

const WEIRD: readonly unknown[] = [null, true, -1, 0, 1.5, Infinity, NaN, '', 'x', 'ce', [], {}, [1], { name: 'unet' }, '__proto__', 'a'.repeat(300)]; // prettier-ignore

/** Configurations with keys and values of any kind: a configuration that reads as itself, or an error of the right kind. */
export async function configTarget(random: RandomStream): Promise<string | undefined> {
  const base: Record<string, unknown> = { data: { folder: 'demo', size: 16 }, model: { name: 'unet', widths: [2] }, loss: 'ce', optimizer: { name: 'adam' }, epochs: 2 }; // prettier-ignore
  const changes = 1 + random.integer(3);
  for (let k = 0; k < changes; k++) {
    const target =
      random.uniform() < 0.5 ? base : (pick(random, Object.values(base)) as Record<string, unknown>);
    if (typeof target !== 'object' || target === null) continue;
    const known = [...Object.keys(target), 'batchSize', 'seed', 'schedule', 'augment', 'monitor', 'size', 'limit', 'learningRate', 'momentum', 'colour']; // prettier-ignore
    target[pick(random, known)] = pick(random, WEIRD);
  }
  try {
    const config = parseConfig(base);
    const again = parseConfig(config);
    return JSON.stringify(again) === JSON.stringify(config) ? undefined : `reads differently again: ${JSON.stringify(base)}`; // prettier-ignore
  } catch (error) {
    if ([ConfigError, LossSpecError, TypeError, RangeError].some((kind) => error instanceof kind) && !/undefined|not a function|Cannot read/.test((error as Error).message)) return undefined; // prettier-ignore
    throw error;
  }
}
