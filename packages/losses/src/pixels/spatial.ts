import { mul, type Scalar, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { type Spacing } from '@segloss/geometry';

import { checkClassChoice, classRow, type ClassChoice } from '../options/classes.js';
import { elementsOf } from '../inputs/ignored.js';
import { probabilitiesOf } from '../statistics/probabilities.js';
import { meanOfMeans, pixelSum, present, quotient } from '../math.js';
import { checkChoice } from '../options/checks.js';
import { type LossContext, type Mode, type PixelInputs } from '../types.js';

/** Which classes a loss of shapes counts. */
export interface ShapeClassOptions {
  /** The classes that count, by channel. */
  classes: ClassChoice['classes'];
  /** Whether channel 0 counts; `auto`: not in multiclass mode, where it is the background. */
  includeBackground: 'auto' | boolean;
}

/** Option of losses that measure distances. */
export interface SpacingOption {
  /** Length of a pixel along each axis, in the unit of the distances; `pixels`: 1 along each. */
  spacing: 'pixels' | Spacing;
}

/** One home for the defaults of losses of shapes. */
export const SHAPE_CLASS_DEFAULTS: ShapeClassOptions = { classes: 'all', includeBackground: 'auto' };

/** Throws unless the choice of classes is one that can be. */
export function checkShapeClasses(
  name: string,
  { classes, includeBackground }: Readonly<ShapeClassOptions>,
): void {
  checkChoice(name, 'includeBackground', includeBackground, ['auto', true, false]);
  checkClassChoice(name, { classes, includeBackground: true });
}

/** Throws unless the spacing is `pixels` or a list of positive numbers. */
export function checkSpacing(name: string, spacing: unknown): void {
  if (spacing === 'pixels') return;
  if (!Array.isArray(spacing) || !spacing.every((step) => Number.isFinite(step) && step > 0)) {
    throw new RangeError(
      `${name}: wanted spacing to be 'pixels' or positive numbers, one for each axis, got ${JSON.stringify(spacing)}`,
    );
  }
}

/** Returns the spacing as the distance transforms take it; throws unless it has a number for each axis. */
export function spacingOf(
  { spacing }: Readonly<SpacingOption>,
  { space }: PixelInputs,
  name: string,
): { spacing?: Spacing } {
  if (spacing === 'pixels') return {};
  if (spacing.length !== space.length) {
    throw new RangeError(
      `${name}: wanted spacing to have ${space.length} numbers, one for each spatial axis, got ${JSON.stringify(spacing)}`,
    );
  }
  return { spacing };
}

/** The choice of classes in a mode. */
export function shapeClasses<O extends ShapeClassOptions>(options: Readonly<O>, mode: Mode): O & ClassChoice {
  const { includeBackground: given } = options;
  return { ...options, includeBackground: given === 'auto' ? mode !== 'multiclass' : given };
}

/** Probabilities, 0 at ignored pixels, and which elements count: `[B, N, K]` both. */
export function maskedProbabilities(
  inputs: PixelInputs,
  { activation }: LossContext,
): { s: Tensor3D; counts: Tensor3D } {
  return { s: probabilitiesOf(inputs, activation), counts: elementsOf(inputs.valid, inputs.logits) };
}

/** Mean over the valid pixels of each class, then over classes, then over images. */
export function meanOfShapes(
  costs: Tensor3D,
  counts: Tensor3D,
  options: Readonly<ShapeClassOptions>,
  { classes, mode, name }: LossContext,
): Scalar {
  const count = pixelSum(counts);
  const means = quotient(pixelSum(costs), count) as Tensor2D;
  const row = classRow(name, shapeClasses(options, mode), classes);
  return meanOfMeans(means, mul(present(count), row));
}
