import { IGNORED } from '@segloss/data';
import { unpackBytes } from '@segloss/trainer';
import { CLASS_COLORS } from '@segloss/trainer/loop';

import { blend, type Picture, type Rgb } from '../../page/pixels.js';
import type { ShownCase } from '../shown-cases.js';

/** Colors that people with any color vision tell apart (Okabe and Ito). */
export const COLORS = {
  'true positive': [0, 158, 115],
  'false positive': [230, 159, 0],
  'false negative': [204, 51, 130],
} as const satisfies Record<string, Rgb>;

/** Colors of labels: gray for label 0, which may be a class of its own, then those of the classes. */
export const LABEL_COLORS: readonly Rgb[] = [[120, 120, 120], ...CLASS_COLORS];

/** The color of a pixel by its labels; undefined: that of the image. */
export type ColorOf = (label: number, truth: number) => Rgb | undefined;

/** Two classes: what is found, invented and missed. */
export const errorColor: ColorOf = (label, truth) => {
  if (truth > 1) return undefined;
  if (label === 1) return truth === 1 ? COLORS['true positive'] : COLORS['false positive'];
  return truth === 1 ? COLORS['false negative'] : undefined;
};

/** More classes: the map of labels; pixels without a label stay bare. */
export const labelColor: ColorOf = (label, truth) =>
  truth === IGNORED ? undefined : LABEL_COLORS[label % LABEL_COLORS.length];

const OPACITY = 0.75;

/**
 * The image with colored labels, at most `side` pixels wide and high. A pixel of the picture has the most frequent color of the pixels that
 * it stands for, and is bare only if all of them are: structures of one pixel stay visible.
 */
export function drawn(
  { width, height, image }: Pick<ShownCase, 'width' | 'height' | 'image'>,
  labels: Uint8Array | undefined,
  truth: Uint8Array,
  colorOf: ColorOf,
  side: number,
): Picture {
  const colors = unpackBytes(image.rgb);
  const step = Math.max(1, Math.ceil(Math.max(width, height) / side));
  const [columns, rows] = [Math.ceil(width / step), Math.ceil(height / step)];
  const rgb = new Uint8Array(columns * rows * 3);
  for (let to = 0; to < columns * rows; to++) {
    const [x0, y0] = [(to % columns) * step, Math.floor(to / columns) * step];
    const sum = [0, 0, 0];
    let count = 0;
    const painted = new Map<Rgb, number>();
    for (let y = y0; y < Math.min(height, y0 + step); y++) {
      const row = Math.floor((y * image.height) / height);
      for (let x = x0; x < Math.min(width, x0 + step); x++) {
        const from = row * image.width + Math.floor((x * image.width) / width);
        for (let c = 0; c < 3; c++) sum[c]! += colors[from * 3 + c]!;
        count++;
        const pixel = y * width + x;
        const color = labels && colorOf(labels[pixel]!, truth[pixel]!);
        if (color !== undefined) painted.set(color, (painted.get(color) ?? 0) + 1);
      }
    }
    rgb.set(
      sum.map((value) => Math.round(value / count)),
      to * 3,
    );
    const [most] = [...painted].sort(([, a], [, b]) => b - a);
    if (most !== undefined) blend(rgb, to, most[0], OPACITY);
  }
  return { width: columns, height: rows, rgb };
}
