import {
  add,
  div,
  engine,
  grad,
  less,
  maximum,
  mul,
  reshape,
  sub,
  sum,
  tidy,
  where,
  zerosLike,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { elementsOf } from '../inputs/ignored.js';
import { withGradient } from '../custom-gradient.js';
import { pixelSum } from '../math.js';
import { checkAggregation, type AggregationOption } from '../options/aggregation.js';
import { checkChoice } from '../options/checks.js';
import { valueOn } from '../plan.js';
import { type Loss, type PixelInputs } from '../types.js';
import { wrap } from './wrap.js';

/** Options of {@link gradientSurgery}. */
export interface GradientSurgeryOptions extends AggregationOption {
  /** What must not conflict: the whole gradients of the logits, or the `marginal-force`, their sums over the pixels of each class. */
  conflict: 'gradient' | 'marginal-force';
}

/**
 * Removes conflicts between the terms of a compound loss: where the gradients of two terms point against each other, each loses its part
 * along the other (PCGrad). The value stays the weighted sum; only the gradient changes, so it is NOT that of the value.
 *
 *     g_i ← g_i - (g_i·g_j / |g_j|²) g_j  where g_i·g_j < 0, for every j ≠ i in the order of the terms
 *
 * `conflict: 'marginal-force'` compares the forces on the region sizes, f_ik = Σ_pixels ∂L_i/∂z_k, and changes only them, by the same shift
 * of every valid pixel: what a term says about single pixels stays as it is. Costs one more forward pass of each term.
 *
 * @param loss A compound of two or more terms. @param options See {@link GradientSurgeryOptions}.
 * @returns A loss of one term, `gradient-surgery`.
 * @throws {TypeError} If it is not a loss or an option is unknown. @throws {RangeError} If it has one term only, or an option has a wrong
 *   value.
 *
 * @example
 * ```ts
 * const loss = gradientSurgery(compound(crossEntropy(), marginalL1()));
 * loss.spec; // → "gradient-surgery(ce + l1)"
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * loss(labels, tf.zeros([1, 4, 2])); // → 0.9431
 * ```
 *
 * @see Yu et al., "Gradient surgery for multi-task learning", NeurIPS 2020, arXiv:2001.06782, algorithm 1 (in the order of the terms).
 */
export function gradientSurgery(loss: Loss, options: Partial<GradientSurgeryOptions> = {}): Loss {
  const declared = (key: 'spatial' | 'classesDiffer') =>
    loss?.terms?.some(({ definition }) => definition[key] === true) ?? false;
  return wrap<GradientSurgeryOptions>(loss, options, {
    name: 'gradient-surgery',
    summary: 'a compound whose terms have no opposing gradients',
    source: 'Yu et al., arXiv:2001.06782',
    defaults: { conflict: 'gradient', aggregation: 'perBatch' },
    spatial: declared('spatial'),
    classesDiffer: declared('classesDiffer'),
    check({ conflict, aggregation }, name) {
      checkChoice(name, 'conflict', conflict, ['gradient', 'marginal-force']);
      checkAggregation(name, aggregation);
      if (loss.terms.length < 2)
        throw new RangeError(`${name}: wanted two terms or more, got ${loss.spec}; join them with +`);
    },
    pixels(inputs, { conflict, aggregation }, { epoch }) {
      const { terms } = loss;
      const { target, valid, indices } = inputs;
      // The labels are needed again in the backward pass, when the reading of the inputs is over.
      const kept = indices ? [target, valid, indices] : [target, valid];
      return withGradient(
        inputs.logits,
        kept,
        (logits) => valueOn(terms, partsOf(inputs, logits, kept), epoch),
        (dy, logits, ...saved) =>
          tidy(() => {
            const gradients = terms.map((one) => {
              const value = (z: Tensor) => valueOn([one], partsOf(inputs, z as Tensor3D, saved), epoch);
              return separately(() => grad(value)(logits)) as Tensor3D;
            });
            const combined =
              conflict === 'gradient'
                ? total(withoutConflicts(gradients, rowsOf(aggregation)))
                : shifted(gradients, elementsOf(saved[1]!, saved[0]!), rowsOf(aggregation));
            return mul(combined, dy) as Tensor3D;
          }),
      ) as Scalar;
    },
  });
}

/** Takes a gradient within a backward pass: tfjs forgets the tape of the outer one at the end of the inner one. */
function separately<T>(inner: () => T): T {
  const { state } = engine() as unknown as { state: { activeTape: unknown } };
  const outer = state.activeTape;
  try {
    return inner();
  } finally {
    state.activeTape = outer;
  }
}

function partsOf(
  inputs: PixelInputs,
  logits: Tensor3D,
  [target, valid, indices]: readonly Tensor[],
): PixelInputs {
  const { caller, mode, batch, pixels, space, classes } = inputs;
  const labels = { target: target as Tensor3D, valid: valid as Tensor3D };
  return {
    caller,
    mode,
    batch,
    pixels,
    space,
    classes,
    logits,
    ...labels,
    ...(indices && { indices: indices as Tensor2D }),
  };
}

const total = (list: readonly Tensor3D[]): Tensor3D =>
  list.reduce((left, right) => add(left, right) as Tensor3D);

/** Σ over everything, or over what belongs to each image, of `[B, N, K]`: `[1 or B, 1, 1]`. */
type Rows = (x: Tensor3D) => Tensor;

const rowsOf =
  (aggregation: AggregationOption['aggregation']): Rows =>
  (x) => {
    const perImage = sum(pixelSum(x), 1);
    return reshape(aggregation === 'perImage' ? perImage : sum(perImage), [-1, 1, 1]);
  };

function withoutConflicts(gradients: readonly Tensor3D[], rows: Rows): Tensor3D[] {
  return gradients.map((own, i) =>
    gradients.reduce((g, other, j) => {
      if (i === j) return g;
      const product = rows(mul(g, other) as Tensor3D);
      const along = div(product, maximum(rows(mul(other, other) as Tensor3D), 1e-30));
      const conflict = where(less(product, 0), along, zerosLike(along));
      return sub(g, mul(conflict, other)) as Tensor3D;
    }, own),
  );
}

/** Σ_i g_i, its sum over the valid pixels of each image and class replaced by that of the forces without conflicts. */
function shifted(gradients: readonly Tensor3D[], counts: Tensor3D, rows: Rows): Tensor3D {
  const asPixel = (x: Tensor2D) => reshape(x, [x.shape[0], 1, x.shape[1]]) as Tensor3D;
  const forces = gradients.map((g) => asPixel(pixelSum(g)));
  const change = sub(total(withoutConflicts(forces, rows)), total(forces));
  const perPixel = mul(counts, div(change, maximum(asPixel(pixelSum(counts)), 1)));
  return add(total(gradients), perPixel) as Tensor3D;
}
