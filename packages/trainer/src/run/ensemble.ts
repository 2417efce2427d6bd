import { type OpenRun } from './open-run.js';
import { RunError } from './run-error.js';

/** Runs that predict together. */
export type Ensemble = readonly [OpenRun, ...OpenRun[]];

/**
 * Returns runs whose probabilities can be averaged: with the same classes, background and channels, on images or on volumes alike. Models,
 * sizes, losses and splits may differ: each run predicts at the size of the image.
 *
 * @throws {RunError} If they do not agree. @throws {RangeError} If there is none.
 */
export function together(given: OpenRun | readonly OpenRun[]): Ensemble {
  const runs = Array.isArray(given) ? (given as readonly OpenRun[]) : [given as OpenRun];
  const [first, ...others] = runs;
  if (first === undefined) throw new RangeError('wanted one run or more, got none');
  for (const other of others) {
    for (const [name, of] of Object.entries(AGREE)) {
      const [wanted, got] = [of(first), of(other)];
      if (wanted === got) continue;
      throw new RunError(
        `wanted runs that agree on ${name}, got ${wanted} in ${first.folder} and ${got} in ${other.folder}: their probabilities have no mean; leave one out`,
        'other-classes',
      );
    }
  }
  return [first, ...others];
}

const AGREE: Readonly<Record<string, (run: OpenRun) => string>> = {
  classes: ({ classes }) => classes.join(', '),
  'the background': ({ background }) => String(background),
  channels: ({ inputShape }) => String(inputShape.at(-1)),
  'images or volumes': ({ inputShape }) => (inputShape.length === 4 ? 'volumes' : 'images'),
  'data.intensityRange': ({ config }) => JSON.stringify(config.data.intensityRange ?? 'percentiles'),
};
