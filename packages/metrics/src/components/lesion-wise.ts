import { checkKeys } from '@segloss/common';
import { checkShape, connectedComponents, dilate, type Spacing } from '@segloss/geometry';

import { hd95 } from '../hausdorff.js';
import { componentsOf, type ComponentOptions } from './match.js';

/** The challenges of BraTS 2023: glioma, glioma in sub-Saharan Africa, pediatric tumors, meningioma, metastases. */
export type BratsChallenge = 'gli' | 'ssa' | 'ped' | 'men' | 'met';

/** The two numbers in which the challenges differ: `lesionWiseScores(truth, predicted, { shape, ...BRATS.met })`. */
export const BRATS: Readonly<
  Record<BratsChallenge, { readonly dilation: number; readonly minSize: number }>
> = {
  gli: { dilation: 3, minSize: 50 },
  ssa: { dilation: 3, minSize: 50 },
  ped: { dilation: 3, minSize: 50 },
  men: { dilation: 1, minSize: 50 },
  met: { dilation: 1, minSize: 2 },
};

/** Options of {@link lesionWiseScores}. The defaults are those of BraTS 2023 for adult glioma. */
export interface LesionWiseOptions extends ComponentOptions {
  /** Length of a pixel along each axis, e.g. in mm; default 1. */
  spacing?: Spacing;
  /** How often true lesions are dilated before they are joined and matched; default 3, and 0 leaves them as they are. */
  dilation?: number;
  /** True lesions of at most this size, in the unit of `spacing`, do not count, nor does what is predicted on them; default 50. */
  minSize?: number;
  /** HD95 of a missed and of an invented lesion; default 374. */
  penalty?: number;
}

/** One true lesion, whose components come to one when they are dilated. */
export interface LesionWiseScore {
  /** Its size in the unit of `spacing`, without the dilation. */
  readonly size: number;
  /** Whether it counts: whether it is larger than `minSize`. */
  readonly counts: boolean;
  /** Numbers of the predicted components that touch its dilation, from 1 in raster order. */
  readonly predicted: readonly number[];
  /** Against the union of these components; 0 and `penalty` without any. */
  readonly dice: number;
  readonly hd95: number;
}

/** Scores per lesion as BraTS takes them. */
export interface LesionWiseScores {
  /** Σ of the lesions that count / (their number + invented); 1 and 0 where there is neither a lesion nor an invented one. */
  readonly dice: number;
  readonly hd95: number;
  readonly found: number;
  readonly missed: number;
  /** Predicted components that touch no dilated lesion. */
  readonly invented: number;
  /** In raster order of the dilated lesions. */
  readonly lesions: readonly LesionWiseScore[];
}

/**
 * Lesion-wise Dice and HD95 of the BraTS challenges since 2023. True lesions are dilated; those that touch then are one lesion; each is scored
 * against all predicted components that touch its dilation. Missed and invented lesions have Dice 0 and HD95 374.
 *
 * The challenges differ in `dilation` and `minSize`: see {@link BRATS}. In 3-D components have 26 neighbors and the dilation 18, in 2-D both have 8. HD95 is measured between areas and lengths of the surfaces
 * (`elements: 'subvoxel'` of {@link hd95}).
 *
 * @param truth True labels. @param predicted Predicted labels, of the same shape.
 * @throws {RangeError} If shapes do not fit, a label is not a whole number, or an option is out of range.
 *
 * @example
 * ```ts
 * const truth = [1, 1, 0, 0, 0, 0, 0, 1];
 * const predicted = [0, 1, 0, 0, 1, 0, 0, 0];
 * const options = { shape: [1, 8], dilation: 1, minSize: 0 };
 * const { dice, hd95, found, missed, invented } = lesionWiseScores(truth, predicted, options);
 * [dice, hd95, found, missed, invented]; // → [0.2222, 249.6667, 1, 1, 1]
 * ```
 *
 * @see A. Saluja, "BraTS 2023 performance metrics" (lesion-wise); A. W. Moawad et al., "The Brain Tumor Segmentation (BraTS-METS) challenge
 *   2023", arXiv:2306.00838.
 */
export function lesionWiseScores(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: LesionWiseOptions,
): LesionWiseScores {
  const name = 'lesionWiseScores';
  checkKeys(name, options, [
    'shape', 'label', 'connectivity', 'ignoreIndex', 'spacing', 'dilation', 'minSize', 'penalty',
  ]); // prettier-ignore
  const { spacing = options.shape.map(() => 1), dilation = 3, minSize = 50, penalty = 374, ...own } = options;
  const { shape } = options;
  checkShape(name, truth.length, shape, spacing);
  if (shape.length !== 2 && shape.length !== 3) {
    throw new RangeError(`${name}: wanted a shape of 2 or 3 axes, got [${shape}]`);
  }
  for (const [key, value] of Object.entries({ dilation, minSize, penalty })) {
    if (value >= 0 && Number.isFinite(value) && (key !== 'dilation' || Number.isInteger(value))) continue;
    throw new RangeError(
      `${name}: wanted ${key} as a ${key === 'dilation' ? 'whole ' : ''}number from 0, got ${String(value)}`,
    );
  }
  const [a, b] = componentsOf(name, truth, predicted, own);
  const connectivity = own.connectivity === undefined ? {} : { connectivity: own.connectivity };
  const grown = dilate(a.labels, shape, { iterations: dilation, connectivity: shape.length === 3 ? 18 : 8 });
  const dilated = connectedComponents(grown, shape, connectivity);

  const [sizes, overlaps] = [new Float64Array(dilated.count + 1), new Float64Array(dilated.count + 1)];
  const touched = Array.from({ length: dilated.count + 1 }, () => new Set<number>());
  for (let i = 0; i < truth.length; i++) {
    const lesion = dilated.labels[i]!;
    if (lesion === 0) continue;
    const component = b.labels[i]!;
    if (a.labels[i]! > 0) {
      sizes[lesion]!++;
      if (component > 0) overlaps[lesion]!++;
    }
    if (component > 0) touched[lesion]!.add(component);
  }
  const pixel = spacing.reduce((product, step) => product * step, 1);
  const lesionOf = (i: number) => (a.labels[i]! > 0 ? dilated.labels[i]! : 0);
  const boxes = {
    lesions: boxesOf(shape, dilated.count, lesionOf),
    components: boxesOf(shape, b.count, (i) => b.labels[i]!),
  };
  const lesions = touched.slice(1).map((own, at): LesionWiseScore => {
    const lesion = at + 1;
    const components = [...own].sort((x, y) => x - y);
    const size = sizes[lesion]! * pixel;
    const found = components.length > 0;
    const total = components.reduce((sum, component) => sum + b.sizes[component]!, 0);
    const box = unionOf([
      boxes.lesions[lesion]!,
      ...components.map((component) => boxes.components[component]!),
    ]);
    const distance = () =>
      hd95(crop(box, shape, (i) => lesionOf(i) === lesion), crop(box, shape, (i) => own.has(b.labels[i]!)), {
        shape: sidesOf(box, shape),
        spacing,
        elements: 'subvoxel',
      }); // prettier-ignore
    return {
      ...{ size, counts: size > minSize, predicted: components },
      dice: found ? (2 * overlaps[lesion]!) / (sizes[lesion]! + total) : 0,
      hd95: found ? distance() : penalty,
    };
  });
  const counted = lesions.filter(({ counts }) => counts);
  const found = counted.filter((one) => one.predicted.length > 0).length;
  const invented = b.count - new Set(lesions.flatMap((one) => one.predicted)).size;
  const all = counted.length + invented;
  const mean = (of: (lesion: LesionWiseScore) => number, otherwise: number, ofNone: number) =>
    all === 0 ? ofNone : (counted.reduce((sum, one) => sum + of(one), 0) + invented * otherwise) / all;
  return {
    dice: mean((one) => one.dice, 0, 1),
    hd95: mean((one) => one.hd95, penalty, 0),
    ...{ found, missed: counted.length - found, invented, lesions },
  };
}

/** First and last plane, row and column. */
type Box = readonly [z0: number, z1: number, y0: number, y1: number, x0: number, x1: number];

/** A box that holds nothing, to be widened. */
const emptyBox = () => [Infinity, -1, Infinity, -1, Infinity, -1];

/** The box of each label, at its number. */
function boxesOf(shape: readonly number[], count: number, labelOf: (pixel: number) => number): Box[] {
  const [height, width] = shape.slice(-2) as [number, number];
  const boxes = Array.from({ length: count + 1 }, emptyBox);
  const pixels = shape.reduce((product, size) => product * size, 1);
  for (let i = 0; i < pixels; i++) {
    const label = labelOf(i);
    if (label === 0) continue;
    const row = Math.floor(i / width);
    widen(boxes[label]!, Math.floor(row / height), row % height, i - row * width);
  }
  return boxes as unknown as Box[];
}

function widen(box: number[], z: number, y: number, x: number): void {
  if (z < box[0]!) box[0] = z;
  if (z > box[1]!) box[1] = z;
  if (y < box[2]!) box[2] = y;
  if (y > box[3]!) box[3] = y;
  if (x < box[4]!) box[4] = x;
  if (x > box[5]!) box[5] = x;
}

function unionOf(boxes: readonly Box[]): Box {
  const union = emptyBox();
  for (const [z0, z1, y0, y1, x0, x1] of boxes) {
    widen(union, z0, y0, x0);
    widen(union, z1, y1, x1);
  }
  return union as unknown as Box;
}

const sidesOf = ([z0, z1, y0, y1, x0, x1]: Box, shape: readonly number[]): number[] =>
  [z1 - z0 + 1, y1 - y0 + 1, x1 - x0 + 1].slice(-shape.length);

/** The mask of the pixels of a box. */
function crop(box: Box, shape: readonly number[], isIn: (pixel: number) => boolean): Uint8Array {
  const [height, width] = shape.slice(-2) as [number, number];
  const [z0, z1, y0, y1, x0, x1] = box;
  const mask = new Uint8Array((z1 - z0 + 1) * (y1 - y0 + 1) * (x1 - x0 + 1));
  let to = 0;
  for (let z = z0; z <= z1; z++)
    for (let y = y0; y <= y1; y++)
      for (let x = x0; x <= x1; x++) mask[to++] = isIn((z * height + y) * width + x) ? 1 : 0;
  return mask;
}
