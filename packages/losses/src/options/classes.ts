import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';

/** Which classes a loss counts; chosen after the activation, so softmax still sees every channel. */
export interface ClassChoice {
  /** The classes that count, by channel. */
  classes: 'all' | readonly number[];
  /** Whether channel 0 counts; binary logits have no background channel and are not touched. */
  includeBackground: boolean;
}

/** Throws unless the choice of classes is one that can be. */
export function checkClassChoice(name: string, { classes, includeBackground }: Readonly<ClassChoice>): void {
  const right =
    classes === 'all' ||
    (Array.isArray(classes) &&
      classes.length > 0 &&
      new Set(classes).size === classes.length &&
      classes.every((index) => Number.isInteger(index) && index >= 0));
  if (!right) {
    throw new RangeError(
      `${name}: wanted classes to be 'all' or a list of different channels, got ${JSON.stringify(classes)}`,
    );
  }
  if (typeof includeBackground !== 'boolean') {
    throw new RangeError(
      `${name}: wanted includeBackground to be true | false, got ${JSON.stringify(includeBackground)}`,
    );
  }
}

/** 1 for the classes that count, 0 for the others: `[1, K]`. */
export function classRow(
  name: string,
  { classes, includeBackground }: Readonly<ClassChoice>,
  channels: number,
): Tensor2D {
  const chosen = Array.from({ length: channels }, (_, k) => classes === 'all' || classes.includes(k));
  if (classes !== 'all' && classes.some((index) => index >= channels)) {
    throw new RangeError(
      `${name}: wanted classes from 0 to ${channels - 1}, got ${JSON.stringify(classes)}; channels count from 0`,
    );
  }
  if (!includeBackground && channels > 1) chosen[0] = false;
  if (!chosen.includes(true)) {
    throw new RangeError(
      `${name}: wanted at least one class, got classes [0] without background; set includeBackground`,
    );
  }
  return tensor2d(chosen.map(Number), [1, channels]);
}
