import {
  add,
  fill,
  greater,
  logSumExp,
  mul,
  reshape,
  slice,
  split,
  stack,
  sub,
  sum,
  tensor1d,
  tensor3d,
  where,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { hideIgnored } from '../inputs/ignored.js';
import { checkChoice } from '../options/checks.js';
import { classRow } from '../options/classes.js';
import { gatherPixels } from '../pixels/gather-pixels.js';
import {
  checkShapeClasses,
  SHAPE_CLASS_DEFAULTS,
  shapeClasses,
  type ShapeClassOptions,
} from '../pixels/spatial.js';
import { valueOn } from '../plan.js';
import { type Loss, type LossContext, type PixelInputs, type Term } from '../types.js';
import { regionsOf, type RegionRules, type Region } from './component-regions.js';
import { wrap } from './wrap.js';

/** Options of {@link perComponent}. */
export interface PerComponentOptions extends ShapeClassOptions {
  /** The pixels of a component: those nearest to it (`voronoi`), or it and the background, without other components (`blob`). */
  region: 'voronoi' | 'blob';
  /** Pixels that touch at corners are connected (`full`: 8 or 26 neighbors), or only those that share a side (`face`: 4 or 6). */
  connectivity: 'full' | 'face';
  /** An image without a component of a class: one region of all its pixels (`whole`), or not counted (`skip`). */
  absentClass: 'whole' | 'skip';
  /** Other components in a `blob` region: left out (`ignored`), or background predicted with probability 0 (`zero`) or 1/2 (`half`). */
  others: 'ignored' | 'zero' | 'half';
}

const DEFAULTS: PerComponentOptions = {
  region: 'voronoi',
  connectivity: 'full',
  absentClass: 'whole',
  others: 'ignored',
  ...SHAPE_CLASS_DEFAULTS,
};

/**
 * Applies a loss to each component of the truth alone, so that a small lesion counts as much as a large one: the mean over the
 * components, then over the classes that have any, then over images.
 *
 * With `region: 'voronoi'` and Dice and cross-entropy it is CC-DiceCE, with `region: 'blob'` blob loss. Every class but the background is
 * one binary problem, with the logit log(p / (1 - p)) of its probability. Losses of shapes see a region as an image of its own, cut at its
 * box. Add it to the same loss of the image, as in
 * `dice + ce + per-component(dice + ce)`. Needs a backend that can read a tensor synchronously (all but webgpu).
 *
 * @param loss Any loss that is defined in binary mode. Its options hold within each region; `smooth` of a small component matters.
 * @param options See {@link PerComponentOptions}.
 * @returns A loss of one term, `per-component`. A Voronoi region costs as much as its pixels, a blob region as much as the image.
 * @throws {TypeError} If it is not a loss or an option is unknown. @throws {RangeError} If an option has a wrong value, or the loss is
 *   not defined in binary mode.
 *
 * @example
 * ```ts
 * const labels = tf.tensor3d([[[1, 1, 1, 1, 0, 0, 0, 1]]], [1, 1, 8], 'int32'); // components of 4 pixels and of 1
 * const logits = tf.tensor4d([20, 20, 20, 20, -20, -20, -20, -20], [1, 1, 8, 1]); // the small one is missed
 * diceLoss(labels, logits, { smooth: 0 }); // → 0.1111
 * perComponent(dice({ smooth: 0 }))(labels, logits); // → 0.5000
 * perComponent(compound(dice(), crossEntropy()), { region: 'blob' }).spec; // → "per-component(dice + ce,region=blob)"
 * ```
 *
 * @see Bouteille et al., "Learning to look closer: a new instance-wise loss for small cerebral lesion segmentation", 2025, arXiv:2511.17146,
 *   §2 (CC-DiceCE); Kundu et al., arXiv:2604.24276 (one class against the rest); Kofler et al., "blob loss: instance imbalance aware loss functions for semantic
 *   segmentation", IPMI 2023, arXiv:2205.08209.
 */
export function perComponent(loss: Loss, options: Partial<PerComponentOptions> = {}): Loss {
  return wrap<PerComponentOptions>(loss, options, {
    name: 'per-component',
    summary: 'a loss of each component of the truth alone',
    source: 'Bouteille et al., arXiv:2511.17146; Kofler et al., arXiv:2205.08209',
    defaults: DEFAULTS,
    spatial: true,
    classesDiffer: true,
    check(given, name) {
      checkChoice(name, 'region', given.region, ['voronoi', 'blob']);
      checkChoice(name, 'connectivity', given.connectivity, ['full', 'face']);
      checkChoice(name, 'absentClass', given.absentClass, ['whole', 'skip']);
      checkChoice(name, 'others', given.others, ['ignored', 'zero', 'half']);
      checkShapeClasses(name, given);
      if (given.others !== 'ignored' && given.region === 'voronoi')
        throw new RangeError(`${name}: wanted others 'ignored' with region 'voronoi', got ${given.others}`);
      for (const { definition } of loss.terms) {
        if (definition.modes?.includes('binary') === false)
          throw new RangeError(`${name}: wanted losses of binary mode, got ${definition.name}`);
      }
    },
    pixels: (inputs, given, context) => meanOfRegions(loss.terms, inputs, given, context),
  });
}

function meanOfRegions(
  terms: readonly Term[],
  inputs: PixelInputs,
  options: Readonly<PerComponentOptions>,
  context: LossContext,
): Scalar {
  const row = classRow(context.name, shapeClasses(options, context.mode), context.classes).dataSync();
  const classes = Array.from(row.keys()).filter((k) => row[k] === 1);
  const rules: RegionRules = { ...options, rectangular: terms.some(({ definition }) => definition.spatial) };
  const regions = regionsOf(inputs, classes, rules);
  const logits = stack(classes.map((k) => logitOf(inputs, context, k))); // [classes, B, N]
  if (regions.length === 0) return mul(sum(logits), 0);
  const pixels = gatherPixels(
    reshape(logits, [logits.size]),
    regions.map(({ places }) => places),
  );
  const sizes = regions.map(({ places }) => places.length);
  // The gradient of split fails for a single output, as that of unstack does (tfjs 4.22).
  const parts = sizes.length === 1 ? [pixels] : (split(pixels, sizes) as Tensor1D[]);
  const values = regions.map((region, i) =>
    mul(region.weight, valueOn(terms, inputsOf(region, parts[i]!, options, context.name), context.epoch)),
  );
  return values.reduce((left, right) => add(left, right)) as Scalar;
}

/** log p_k / (1 - p_k), `[B, N]`. */
function logitOf({ logits, valid }: PixelInputs, { activation, classes }: LossContext, k: number): Tensor {
  const [batch, pixels] = logits.shape;
  const z = hideIgnored(logits, valid);
  const own = reshape(slice(z, [0, 0, k], [batch, pixels, 1]), [batch, pixels]);
  if (activation === 'sigmoid') return own;
  const isOwn = tensor1d(Array.from({ length: classes }, (_, j) => (j === k ? 1 : 0)));
  return sub(own, logSumExp(where(greater(isOwn, 0), fill(z.shape, -1e30), z), -1));
}

/** A region as an image of its own, of one channel. */
function inputsOf(
  { space, target, valid, others }: Region,
  pixels: Tensor1D,
  options: Readonly<PerComponentOptions>,
  caller: string,
): PixelInputs {
  const shape: [number, number, number] = [1, target.length, 1];
  const own = reshape(pixels, shape) as Tensor3D;
  const constant = options.others === 'half' ? 0 : -1e4;
  const logits = others ? where(greater(tensor3d(others, shape), 0), fill(shape, constant), own) : own;
  return {
    caller,
    mode: 'binary',
    batch: 1,
    pixels: target.length,
    space,
    classes: 1,
    logits: logits as Tensor3D,
    target: tensor3d(target, shape),
    valid: tensor3d(valid, shape),
  };
}
