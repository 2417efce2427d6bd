import { distanceTransform, eulerSkeleton } from '@segloss/geometry';
import {
  add,
  cast,
  div,
  greater,
  max,
  maximum,
  mul,
  slice,
  sub,
  tensor3d,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { withoutGradient } from '../custom-gradient.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { hideIgnored } from '../inputs/ignored.js';
import { pixelSum } from '../math.js';
import { mapsOf } from '../pixels/distance-maps.js';
import { softSkeleton } from '../pixels/soft-skeleton.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import {
  checkShapeClasses,
  maskedProbabilities,
  SHAPE_CLASS_DEFAULTS,
  shapeClasses,
  type ShapeClassOptions,
} from '../pixels/spatial.js';
import { type LossContext, type LossFactory, type PixelInputs } from '../types.js';
import {
  checkRegionMeanOptions,
  groupSums,
  meanOfGroups,
  REGION_MEAN_DEFAULTS,
  type RegionMeanOptions,
} from '../families/region-score.js';

/** Options of {@link cbDice}. */
export interface CbDiceOptions
  extends Omit<RegionMeanOptions, 'includeBackground' | 'classes'>, ShapeClassOptions {
  /** How many times the skeletons are thinned, at least the largest radius in pixels. */
  iterations: number;
  /** How masks are thinned: by openings (`morphological`, may break lines), or by deleting pixels that keep the Euler characteristic
   * (`topological`; 2 or 3 spatial axes). */
  skeleton: 'morphological' | 'topological';
  /** ε > 0, in pixels: added to numerators and denominators. */
  smooth: number;
  /** Weights of the skeleton's pixels: `thin`, larger where the tube is thinner (cbDice), or `uniform` (clMDice). */
  weights: 'thin' | 'uniform';
  /** What is compared: each class, or all but channel 0 together, as in the original code (`union`, multiclass only). */
  foreground: 'classes' | 'union';
}

/**
 * Centerline boundary Dice (cbDice) loss for tubes: clDice in which pixels count by their distance to the border, so that radii matter,
 * and thin tubes count as much as thick ones; the mean over images and classes.
 *
 *     1 - 2 P S / (P + S),  P = (Σ I_s M_y + ε) / (Σ I_s R + ε),  S = (Σ I_y M_s + ε) / (Σ I_y R' + ε)
 *
 * M is the depth within the region relative to the largest radius of the skeleton, R the depth on the skeleton (of the labels in P and of
 * the prediction in S, or the other where it is 0), and I the skeleton weighted by thinness, (R_max - r + 1) / R_max (squared in 3-D).
 * For the prediction, the skeleton and the depths are computed on the mask s > 1/2 and multiplied by s; no gradient flows through the mask.
 * Needs a backend that can read a tensor synchronously (all but webgpu).
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels. Ignored pixels count as outside.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor3d([[[0, 1, 0], [0, 1, 0], [0, 1, 0]]], [1, 3, 3], 'int32');
 * const logits = tf.reshape(tf.sub(tf.mul(tf.cast(labels, 'float32'), 40), 20), [1, 3, 3, 1]);
 * cbDiceLoss(labels, logits); // → 0.0000
 * ```
 *
 * @see Shi et al., "Centerline boundary Dice loss for vascular segmentation", MICCAI 2024, arXiv:2407.01517, §2; Menten et al.,
 *   ICCV 2023, arXiv:2309.02527, for the topological skeleton (5 iterations in the code of cbDice).
 */
export const cbDice: LossFactory<CbDiceOptions, 'cbdice'> = /* @__PURE__ */ defineLoss<
  CbDiceOptions,
  'cbdice'
>({
  name: 'cbdice',
  summary: 'clDice weighted by the radius of tubes',
  source: 'Shi et al., arXiv:2407.01517, §2',
  fullName: 'cb-dice',
  aliases: ['centerline-boundary-dice'],
  spatial: true,
  classesDiffer: true,
  defaults: {
    iterations: 3,
    smooth: 1,
    skeleton: 'morphological',
    weights: 'thin',
    foreground: 'classes',
    ...REGION_MEAN_DEFAULTS,
    ...SHAPE_CLASS_DEFAULTS,
  },
  presets: { nnunet: { iterations: 10, foreground: 'union', aggregation: 'perBatch' } },
  check(options, name) {
    checkNumber(name, 'iterations', options.iterations, 0, 10_000);
    if (!Number.isInteger(options.iterations))
      throw new RangeError(`${name}: wanted iterations to be an integer, got ${options.iterations}`);
    checkNumber(name, 'smooth', options.smooth, 1e-7);
    checkChoice(name, 'skeleton', options.skeleton, ['morphological', 'topological']);
    checkChoice(name, 'weights', options.weights, ['thin', 'uniform']);
    checkChoice(name, 'foreground', options.foreground, ['classes', 'union']);
    checkShapeClasses(name, options);
    checkRegionMeanOptions({ ...options, includeBackground: true }, name);
    if (options.foreground === 'union' && (options.classWeights !== 'uniform' || options.classes !== 'all'))
      throw new RangeError(`${name}: wanted all classes, alike, with foreground 'union', got a list`);
  },
  pixels(given, options, context) {
    const union = options.foreground === 'union' && context.mode === 'multiclass';
    return union
      ? compare(unionOf(given), options, { ...context, mode: 'binary', activation: 'sigmoid', classes: 1 })
      : compare(given, options, context);
  },
});

function compare(inputs: PixelInputs, given: Readonly<CbDiceOptions>, context: LossContext) {
  const { smooth, weights } = given;
  const options = shapeClasses(given, context.mode);
  const { target, space } = inputs;
  const { s, counts } = maskedProbabilities(inputs, context);
  const ofMask = withoutGradient(s, (x) =>
    skeletonOf(cast(greater(x, 0.5), 'float32') as Tensor3D, space, given, context.name),
  );
  const predictedSkeleton = mul(ofMask, s) as Tensor3D;
  const trueSkeleton = withoutGradient(target, (y) => skeletonOf(y as Tensor3D, space, given, context.name));
  const depths = (x: Tensor3D, line: Tensor3D) => tubeMaps(x, line, space);
  const [ofTruth, ofPrediction] = [depths(target, trueSkeleton), depths(s, predictedSkeleton)];
  const line = (skeleton: Tensor3D, thin: Tensor3D) =>
    weights === 'thin' ? (mul(skeleton, thin) as Tensor3D) : skeleton;
  const trueLine = line(trueSkeleton, ofTruth.thinness);
  const predictedLine = line(predictedSkeleton, ofPrediction.thinness);
  const trueRadius = mul(ofTruth.radius, target) as Tensor3D;
  const predictedRadius = mul(ofPrediction.radius, s) as Tensor3D;
  const sums = groupSums(
    {
      count: pixelSum(counts),
      target: pixelSum(target),
      predicted: pixelSum(s),
      predictedInside: pixelSum(mul(predictedLine, mul(ofTruth.depth, target)) as Tensor3D),
      predictedLength: pixelSum(mul(predictedLine, either(trueRadius, predictedRadius)) as Tensor3D),
      trueFound: pixelSum(mul(trueLine, mul(ofPrediction.depth, s)) as Tensor3D),
      trueLength: pixelSum(mul(trueLine, either(predictedRadius, trueRadius)) as Tensor3D),
    },
    options,
    context,
  );
  const precision = div(add(sums.predictedInside, smooth), add(sums.predictedLength, smooth));
  const sensitivity = div(add(sums.trueFound, smooth), add(sums.trueLength, smooth));
  const harmonic = div(mul(2, mul(precision, sensitivity)), maximum(add(precision, sensitivity), 1e-30));
  return meanOfGroups(sub(1, harmonic) as Tensor2D, sums, options, context);
}

/** 1 on the skeletons of masks, `[B, N, K]`. */
function skeletonOf(
  masks: Tensor3D,
  space: readonly number[],
  { skeleton, iterations }: Readonly<CbDiceOptions>,
  name: string,
): Tensor3D {
  if (skeleton === 'morphological') return softSkeleton(masks, space, iterations);
  const shape = space.length === 1 ? [1, ...space] : space;
  if (shape.length > 3)
    throw new RangeError(
      `${name}: wanted 2 or 3 spatial axes with skeleton 'topological', got ${shape.length}`,
    );
  return mapsOf(masks, (mask) => eulerSkeleton(mask, shape, iterations));
}

/** `first` where it is not 0, else `second`. */
function either(first: Tensor3D, second: Tensor3D): Tensor3D {
  const isZero = withoutGradient(first, (x) => sub(1, cast(greater(x, 0), 'float32')));
  return add(first, mul(second, isZero)) as Tensor3D;
}

/** Channel 0 against the largest logit of the others, as one channel. */
function unionOf(inputs: PixelInputs): PixelInputs {
  const [batch, pixels, classes] = inputs.logits.shape;
  const { valid } = inputs;
  const z = hideIgnored(inputs.logits, valid);
  const part = (x: Tensor3D, from: number, count: number) => slice(x, [0, 0, from], [batch, pixels, count]);
  const logits = sub(max(part(z, 1, classes - 1), -1, true), part(z, 0, 1)) as Tensor3D;
  const target = sub(valid, part(inputs.target, 0, 1)) as Tensor3D;
  const { caller, space } = inputs;
  return { caller, space, batch, pixels, logits, target, valid, classes: 1, mode: 'binary' };
}

/** Of a region and its skeleton, as constants: relative depth, that of the skeleton, and how thin the tube is there. */
interface TubeMaps {
  readonly depth: Tensor3D;
  readonly radius: Tensor3D;
  readonly thinness: Tensor3D;
}

function tubeMaps(x: Tensor3D, skeleton: Tensor3D, space: readonly number[]): TubeMaps {
  const depths = withoutGradient(x, (given) =>
    mapsOf(given as Tensor3D, (mask) => {
      const outside = mask.map((value) => 1 - value);
      // A mask without outside has no border; its depth is counted as one pixel.
      return distanceTransform(outside, space).map((d) => (Number.isFinite(d) ? d : 1));
    }),
  );
  return relativeTo(depths, skeleton, space.length === 3 ? 2 : 1);
}

function relativeTo(depths: Tensor3D, skeleton: Tensor3D, power: number): TubeMaps {
  const [batch, pixels, channels] = depths.shape;
  const [d, line] = [depths.dataSync(), skeleton.dataSync()];
  const [depth, radius, thinness] = [0, 1, 2].map(() => new Float32Array(d.length)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  for (let group = 0; group < batch * channels; group++) {
    const start = Math.floor(group / channels) * pixels * channels + (group % channels);
    const end = start + pixels * channels;
    let widest = 1;
    for (let i = start; i < end; i += channels) if (line[i]! > 0.5) widest = Math.max(widest, d[i]!);
    for (let i = start; i < end; i += channels) {
      depth[i] = Math.min(d[i]!, widest) / widest;
      if (line[i]! <= 0.5) continue;
      radius[i] = d[i]! / widest;
      thinness[i] = ((widest - d[i]! + 1) / widest) ** power;
    }
  }
  const [a, b, c] = [depth, radius, thinness].map((map) => tensor3d(map, [batch, pixels, channels]));
  return { depth: a!, radius: b!, thinness: c! };
}

/**
 * {@link cbDice} of labels and logits.
 *
 * @example
 * ```ts
 * cbDiceLoss(tf.zeros([1, 3, 3], 'int32'), tf.fill([1, 3, 3, 1], -20)); // → 0.0000
 * ```
 */
export const cbDiceLoss: LossFunction<CbDiceOptions> = /* @__PURE__ */ direct(cbDice);
