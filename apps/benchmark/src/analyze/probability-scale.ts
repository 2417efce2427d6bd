import { DataError } from '@segloss/data/masks';

import type { Probabilities } from './read-mask.js';

/** A gray image stands for 0 to 1 by its largest possible value. All values of a run this small are class numbers, or of another scale. */
const IMPLAUSIBLE = 0.02;
/** Below this a run never predicts the foreground, which its reader should know. */
const UNCERTAIN = 0.5;

/** The largest probability that a run predicts anywhere, which shows whether its files have the scale that they are read with. */
export class ProbabilityScale {
  private largest = 0;
  private images = 0;

  /** Adds the probabilities of a file. */
  add({ values, volume }: Probabilities): void {
    for (let i = 0; i < values.length; i++) if (values[i]! > this.largest) this.largest = values[i]!;
    if (volume === undefined) this.images++;
  }

  /**
   * Returns what a reader of the numbers must know, if anything.
   *
   * @param run Its name.
   * @throws {DataError} `bad-label`, if the run's images hold class numbers, or probabilities of another scale.
   */
  note(run: string): string | undefined {
    const { largest, images } = this;
    if (largest === 0 || largest >= UNCERTAIN) return undefined;
    const found = `the largest probability of ${run} is ${largest.toPrecision(3)}`;
    if (images === 0 || largest > IMPLAUSIBLE) {
      return `${found}${images === 0 ? '' : ', where 255 (of 16 bits: 65535) stands for 1'}`;
    }
    throw new DataError(
      `wanted gray images whose 255 (of 16 bits: 65535) stands for probability 1, but ${found}; if they hold class numbers, leave out --probabilities; else save them with this scale`,
      'bad-label',
    );
  }
}
