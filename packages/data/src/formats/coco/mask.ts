import { DataError } from '../../errors.js';
import { checkChoice, checkKeys } from '@segloss/common';
import { IGNORED } from '../../samples/sample.js';
import { fillPolygon } from './polygon.js';
import { decodeRle, type Rle } from './rle.js';

/** What COCO says of one object, as far as its mask goes. */
export interface CocoAnnotation {
  readonly category_id: number;
  /** Polygons (x1, y1, x2, y2, …), whose union it is, or a run-length encoding. */
  readonly segmentation: readonly (readonly number[])[] | Rle;
  /** In pixels. */
  readonly area?: number;
  /** 1 for a region with many objects that are not told apart. */
  readonly iscrowd?: number;
}

/** Options of {@link cocoMask}. */
export interface CocoOptions {
  /** Who has a pixel of several objects: the one with the smallest area (default), or the last in the list. */
  overlap?: 'smallest' | 'last';
  /** Crowds have the label of their category (default), or are ignored (255) where no other object is. */
  crowd?: 'label' | 'ignore';
}

/** Throws unless the options are such. */
export function checkCocoOptions(caller: string, options: CocoOptions): void {
  checkKeys(caller, options, ['overlap', 'crowd']);
  if (options.overlap !== undefined) checkChoice(caller, 'overlap', options.overlap, ['smallest', 'last']);
  if (options.crowd !== undefined) checkChoice(caller, 'crowd', options.crowd, ['label', 'ignore']);
}

/**
 * The semantic mask of COCO's annotations (instances or stuff) of an image. Polygons have the pixels whose centers lie within
 * them, so their borders differ by up to a pixel from those of COCO's own program, which rounds outlines. What no
 * annotation has is 0.
 *
 * @param annotations Of one image.
 * @param size `height` and `width` in pixels. @param labelOf The class index (1 to 254) of each category.
 * @param options See {@link CocoOptions}.
 * @returns `height * width` class indices, row by row; 255 = ignored.
 * @throws {RangeError} If an option is none. @throws {DataError} If a category has no label (`bad-label`), or a segmentation is
 *   damaged or of another size (`unreadable`).
 *
 * @example
 * ```ts
 * const car = { category_id: 3, segmentation: [[0, 0, 2, 0, 2, 1, 0, 1]] };
 * const wheel = { category_id: 9, segmentation: { size: [1, 3], counts: [1, 1, 1] } };
 * Array.from(cocoMask([wheel, car], { height: 1, width: 3 }, new Map([[3, 1], [9, 2]]))); // → [1, 2, 0]
 * ```
 *
 * @see Lin et al., "Microsoft COCO: common objects in context", ECCV 2014.
 */
export function cocoMask(
  annotations: readonly CocoAnnotation[],
  size: { height: number; width: number },
  labelOf: ReadonlyMap<number, number>,
  options: CocoOptions = {},
): Uint8Array {
  checkCocoOptions('cocoMask', options);
  const { overlap = 'smallest', crowd = 'label' } = options;
  const regions = annotations.map((annotation) => {
    const label = labelOf.get(annotation.category_id);
    if (label === undefined) {
      throw new DataError(
        `cocoMask: wanted a label for the category ${annotation.category_id}, got those of ${[...labelOf.keys()].join(', ')}`,
        'bad-label',
      );
    }
    const pixels = pixelsOf(annotation.segmentation, size);
    const ignored = crowd === 'ignore' && annotation.iscrowd === 1;
    return { pixels, ignored, label: ignored ? IGNORED : label, area: annotation.area ?? sum(pixels) };
  });
  // Painted one over the other; sorting is stable, so the last of equal ones stays on top.
  if (overlap === 'smallest') regions.sort((a, b) => b.area - a.area);
  regions.sort((a, b) => Number(b.ignored) - Number(a.ignored));
  const mask = new Uint8Array(size.height * size.width);
  for (const { pixels, label } of regions) pixels.forEach((inside, i) => inside && (mask[i] = label));
  return mask;
}

function pixelsOf(
  segmentation: CocoAnnotation['segmentation'],
  { height, width }: { height: number; width: number },
): Uint8Array {
  if (!isPolygons(segmentation)) {
    const [h, w] = segmentation?.size ?? [];
    if (h === height && w === width) return decodeRle(segmentation);
    throw new DataError(
      `cocoMask: wanted polygons, or runs of the size [${height}, ${width}], got ${JSON.stringify(segmentation)?.slice(0, 60)}`,
      'unreadable',
    );
  }
  const pixels = new Uint8Array(height * width);
  for (const points of segmentation) {
    if (!(points.length >= 6 && points.length % 2 === 0 && points.every(Number.isFinite))) {
      throw new DataError(
        `cocoMask: wanted polygons of three or more points x1, y1, x2, y2, …, got ${JSON.stringify(points).slice(0, 60)}`,
        'unreadable',
      );
    }
    fillPolygon(pixels, { height, width }, points);
  }
  return pixels;
}

const isPolygons = (
  segmentation: CocoAnnotation['segmentation'],
): segmentation is readonly (readonly number[])[] => Array.isArray(segmentation);

function sum(values: Uint8Array): number {
  return values.reduce((total, value) => total + value, 0);
}
