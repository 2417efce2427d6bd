import { IGNORED } from '@segloss/data';
import { unpackBytes, type ExampleImage, type RunExamples } from '@segloss/trainer';

import { html, type Html } from '../../page/html.js';
import { percentText } from '../../page/percent.js';
import { blend, onOutline, thin, toDataUrl, type Picture, type Rgb } from '../../page/pixels.js';
import type { Weights } from '../results.js';
import type { Row, SectionData } from '../table.js';

/** Colors that people with any color vision tell apart (Okabe and Ito). */
const COLORS = {
  'true positive': [0, 158, 115],
  'false positive': [230, 159, 0],
  'false negative': [204, 51, 130],
} as const satisfies Record<string, Rgb>;
const OUTLINE: Rgb = [255, 255, 255];

const LABEL_COLORS: readonly Rgb[] = [
  [120, 120, 120],
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
  [136, 34, 85],
  [68, 170, 153],
  [153, 153, 51],
  [51, 34, 136],
];

/** Bytes that all pictures of one section may take together, before compression. */
const BUDGET = 1_100_000;

/** A row's pictures: those of its first finished run. */
interface Shown {
  readonly name: string;
  readonly seed: string | undefined;
  readonly examples: RunExamples | undefined;
}

/** The same validation images under every row: image with the true outline, then one column per row. */
export function overlays(rows: readonly Row[], { classes }: SectionData, weights: Weights): Html {
  const shown = rows.filter(({ constant }) => !constant).map(shownOf);
  const first = shown.find(({ examples }) => examples !== undefined)?.examples;
  if (first === undefined || first.images.length === 0) {
    return html`<p>No validation image contains a foreground class, so there is nothing to show.</p>`;
  }
  const two = classes.length === 2;
  const paint = two ? paintErrors : paintLabels;
  const side = sideOf(first.images, shown.length + 1);
  const show = (one: ExampleImage, predicted: Uint8Array | undefined) =>
    toDataUrl(paint(unpackBytes(one.image), unpackBytes(one.truth), predicted, one.width, one.height, side));
  const body = first.images.map(
    (one) =>
      html`<tr>
        <th scope="row">
          ${one.region} "${classes[first.label] ?? ''}"<br /><small
            >${one.id}<br />${percentText(one.proportion)}</small
          >
        </th>
        <td>${picture(show(one, undefined), `${one.id}, image and truth`)}</td>
        ${shown.map(({ name, examples }) => {
          const same = examples?.images.find(({ id }) => id === one.id);
          const packed =
            same && ((weights === 'best' ? same.predicted.best : undefined) ?? same.predicted.last);
          return packed === undefined
            ? html`<td>–</td>`
            : html`<td>${picture(show(one, unpackBytes(packed)), `${one.id}, predicted by ${name}`)}</td>`;
        })}
      </tr>`,
  );
  const legend: [string, Rgb][] = two
    ? Object.entries(COLORS)
    : classes.map((name, k) => [name, LABEL_COLORS[k % LABEL_COLORS.length]!]);
  return html`<p class="legend">
      ${legend.map(([name, color]) => html`<span><i style="background:rgb(${color.join(',')})"></i>${name}</span>`)}
    </p>
    <div class="scroll">
      <table class="overlays">
        <thead>
          <tr>
            <th scope="col">region</th>
            <th scope="col">${two ? 'image, truth outlined' : 'truth'}</th>
            ${shown.map(({ name, seed, examples }) => html`<th scope="col"><code>${name}</code><br /><small>${examples === undefined ? 'no finished run' : seed === undefined ? '' : `seed ${seed}`}</small></th>`)}
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>
    </div>`;
}

function shownOf({ names, results }: Row): Shown {
  const finished = results.find(({ scores }) => scores !== undefined);
  return {
    name: names.filter(Boolean).join(', '),
    seed: finished?.labels['seed'],
    examples: finished?.examples(),
  };
}

/** The longest side of a picture, so that all of them fit the budget. */
function sideOf(images: readonly ExampleImage[], columns: number): number {
  const aspects = images.map(({ width, height }) => Math.min(width, height) / Math.max(width, height));
  const area = 3 * columns * aspects.reduce((sum, aspect) => sum + aspect, 0);
  return Math.min(192, Math.max(16, Math.floor(Math.sqrt(BUDGET / area))));
}

function picture(url: string, text: string): Html {
  return html`<img src="${url}" alt="${text}" />`;
}

type Paint = (
  image: Uint8Array,
  truth: Uint8Array,
  predicted: Uint8Array | undefined,
  width: number,
  height: number,
  side: number,
) => Picture;

/** Two classes: the image, its true outline, and what is found, invented and missed. */
const paintErrors: Paint = (image, truth, predicted, width, height, side) => {
  const rgb = Uint8Array.from(image);
  const inside = (pixel: number) => truth[pixel] === 1;
  for (let pixel = 0; pixel < truth.length; pixel++) {
    if (predicted !== undefined && truth[pixel]! <= 1) {
      const found = predicted[pixel] === 1;
      if (found && inside(pixel)) blend(rgb, pixel, COLORS['true positive'], 0.55);
      if (found && !inside(pixel)) blend(rgb, pixel, COLORS['false positive'], 0.7);
      if (!found && inside(pixel)) blend(rgb, pixel, COLORS['false negative'], 0.7);
    }
  }
  return shrink(rgb, width, height, side, (small, rows, columns, at) => {
    const region = (pixel: number) => inside(at[pixel]!);
    at.forEach((_, pixel) => {
      if (onOutline(region, pixel, columns, rows)) blend(small, pixel, OUTLINE, 0.8);
    });
  });
};

/** More classes: the map of labels over the image; pixels without a label stay bare. */
const paintLabels: Paint = (image, truth, predicted, width, height, side) => {
  const rgb = Uint8Array.from(image);
  (predicted ?? truth).forEach((label, pixel) => {
    if (truth[pixel] !== IGNORED) blend(rgb, pixel, LABEL_COLORS[label % LABEL_COLORS.length]!, 0.7);
  });
  return shrink(rgb, width, height, side, () => undefined);
};

function shrink(
  rgb: Uint8Array,
  width: number,
  height: number,
  side: number,
  finish: (small: Uint8Array, rows: number, columns: number, at: readonly number[]) => void,
): Picture {
  const grid = thin(width, height, side);
  const small = new Uint8Array(grid.pixels.length * 3);
  grid.pixels.forEach((from, to) => small.set(rgb.subarray(from * 3, from * 3 + 3), to * 3));
  finish(small, grid.height, grid.width, grid.pixels);
  return { width: grid.width, height: grid.height, rgb: small };
}
