import { connectedComponents, voronoiRegions } from '@segloss/geometry';

import { type PixelInputs } from '../types.js';

/** How the pixels of an image are divided. */
export interface RegionRules {
  readonly region: 'voronoi' | 'blob';
  readonly connectivity: 'full' | 'face';
  readonly absentClass: 'whole' | 'skip';
  readonly others: 'ignored' | 'zero' | 'half';
  /** Whether a region must be an image in which neighbors stay neighbors: its box, with a border of one pixel. */
  readonly rectangular: boolean;
}

/** The pixels that count for one component, as a small image. */
export interface Region {
  /** Its share of the loss. */
  readonly weight: number;
  readonly space: readonly number[];
  /** Where each pixel stands in logits `[classes, B, N]`. */
  readonly places: Int32Array;
  readonly target: Float32Array;
  readonly valid: Float32Array;
  /** 1 at pixels of other components that are in the region as background. */
  readonly others: Float32Array | undefined;
}

/** The regions of every image and class; their weights have the sum 1, or there is none. */
export function regionsOf(
  { target, valid, batch, pixels, classes: channels, space, caller }: PixelInputs,
  classes: readonly number[],
  rules: RegionRules,
): Region[] {
  if (space.length > 3) {
    throw new RangeError(`${caller}: wanted at most 3 spatial axes for components, got [${space}]`);
  }
  const [y, v] = [target.dataSync(), valid.dataSync()];
  const extent = valid.shape[2];
  const images = Array.from({ length: batch }, (_, b) =>
    classes
      .map((k, row) => {
        const at = (i: number) => b * pixels + i;
        const plane: Plane = {
          first: (row * batch + b) * pixels,
          space,
          truth: Float32Array.from({ length: pixels }, (_, i) => y[at(i) * channels + k]!),
          valid: Uint8Array.from({ length: pixels }, (_, i) =>
            v[at(i) * extent + (extent === 1 ? 0 : k)] ? 1 : 0,
          ),
        };
        return plane.valid.includes(1) ? regionsOfPlane(plane, rules) : [];
      })
      .filter((regions) => regions.length > 0),
  ).filter((planes) => planes.length > 0);
  return images.flatMap((planes) =>
    planes.flatMap((regions) =>
      regions.map((region) => ({
        ...region,
        weight: 1 / (images.length * planes.length * regions.length),
      })),
    ),
  );
}

/** One class of one image. */
interface Plane {
  /** Index of its first pixel in the logits. */
  readonly first: number;
  readonly space: readonly number[];
  readonly truth: Float32Array;
  readonly valid: Uint8Array;
}

type Unweighted = Omit<Region, 'weight'>;

function regionsOfPlane(plane: Plane, rules: RegionRules): Unweighted[] {
  const shape = plane.space.length === 1 ? [1, ...plane.space] : plane.space;
  const mask = Uint8Array.from(plane.truth, (y, i) => (y > 0.5 ? plane.valid[i]! : 0));
  const connectivity = shape.length === 3 ? (rules.connectivity === 'full' ? 26 : 6) : rules.connectivity === 'full' ? 8 : 4; // prettier-ignore
  const { count, labels } = connectedComponents(mask, shape, { connectivity });
  if (count === 0) return rules.absentClass === 'skip' ? [] : [regionWhere(plane, rules, () => true)];
  if (rules.region === 'voronoi') return cells(plane, rules, voronoiRegions(labels, shape), count);
  const keep = rules.others !== 'ignored';
  return Array.from({ length: count }, (_, c) => {
    const isOther = (i: number) => labels[i] !== 0 && labels[i] !== c + 1;
    return regionWhere(plane, rules, (i) => keep || !isOther(i), keep ? isOther : undefined);
  });
}

/** The regions of a division of the plane, found in one pass. */
function cells(plane: Plane, rules: RegionRules, cellOf: Int32Array, count: number): Unweighted[] {
  if (rules.rectangular) {
    return Array.from({ length: count }, (_, c) => regionWhere(plane, rules, (i) => cellOf[i] === c + 1));
  }
  const lists = Array.from({ length: count }, (): number[] => []);
  cellOf.forEach((cell, i) => {
    if (plane.valid[i]) lists[cell - 1]!.push(i);
  });
  return lists.map((list) => regionOf(plane, list, [list.length], () => true));
}

function regionWhere(
  plane: Plane,
  rules: RegionRules,
  isInside: (i: number) => boolean,
  isOther?: (i: number) => boolean,
): Unweighted {
  const inside = (i: number) => plane.valid[i] === 1 && isInside(i);
  const list: number[] = [];
  for (let i = 0; i < plane.valid.length; i++) if (inside(i)) list.push(i);
  if (!rules.rectangular) return regionOf(plane, list, [list.length], () => true, isOther);
  const box = boxAround(list, plane.space);
  return regionOf(plane, pixelsOf(box, plane.space), box.map(({ from, to }) => to - from), inside, isOther); // prettier-ignore
}

function regionOf(
  { first, truth }: Plane,
  list: readonly number[],
  space: readonly number[],
  isInside: (i: number) => boolean,
  isOther?: (i: number) => boolean,
): Unweighted {
  const others = isOther && Float32Array.from(list, (i) => (isOther(i) ? 1 : 0));
  return {
    space,
    places: Int32Array.from(list, (i) => first + i),
    target: Float32Array.from(list, (i, at) => (isInside(i) && others?.[at] !== 1 ? truth[i]! : 0)),
    valid: Float32Array.from(list, (i) => (isInside(i) ? 1 : 0)),
    others,
  };
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** The smallest box that has the pixels and, within the image, one pixel around them. */
function boxAround(list: readonly number[], space: readonly number[]): Range[] {
  let stride = space.reduce((a, b) => a * b, 1);
  return space.map((size) => {
    const period = stride;
    stride /= size;
    let [least, most] = [size, 0];
    for (const i of list) {
      const x = Math.floor((i % period) / stride);
      least = Math.min(least, x);
      most = Math.max(most, x);
    }
    return { from: Math.max(0, least - 1), to: Math.min(size, most + 2) };
  });
}

function pixelsOf(box: readonly Range[], space: readonly number[]): number[] {
  let list = [0];
  box.forEach(({ from, to }, axis) => {
    const steps = Array.from({ length: to - from }, (_, x) => from + x);
    list = list.flatMap((start) => steps.map((x) => start * space[axis]! + x));
  });
  return list;
}
