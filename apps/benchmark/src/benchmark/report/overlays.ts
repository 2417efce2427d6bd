import { IGNORED } from '@segloss/data';
import { unpackBytes, type ExampleImage, type RunExamples } from '@segloss/trainer';

import { html, type Html } from '../../page/html.js';
import { percentText } from '../../page/percent.js';
import { ratioText } from '../../page/numbers.js';
import { blend, toDataUrl, type Picture, type Rgb } from '../../page/pixels.js';
import type { Weights } from '../results.js';
import type { Row, SectionData } from '../table.js';

/** Colors that people with any color vision tell apart (Okabe and Ito). */
const COLORS = {
  'true positive': [0, 158, 115],
  'false positive': [230, 159, 0],
  'false negative': [204, 51, 130],
} as const satisfies Record<string, Rgb>;

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

/** The same images under every row: image, truth, then one column per row with what is found, invented and missed, and its scores. */
export function overlays(rows: readonly Row[], { classes }: SectionData, weights: Weights): Html {
  const shown = rows.filter(({ constant }) => !constant).map(shownOf);
  const first = shown.find(({ examples }) => examples !== undefined)?.examples;
  if (first === undefined || first.images.length === 0) {
    return html`<p>No image contains a foreground class, so there is nothing to show.</p>`;
  }
  const two = classes.length === 2;
  const side = sideOf(first.images, shown.length + 2);
  const label = classes[first.label] ?? '';
  const body = first.images.map((one) => {
    const truth = unpackBytes(one.truth);
    const show = (labels: Uint8Array | undefined, against?: Uint8Array) =>
      toDataUrl(drawn(one, labels, against, two ? errorColor : labelColor, side));
    return html`<tr>
      <th scope="row">
        ${one.region} "${label}"<small>${one.id}</small><small>${percentText(one.proportion)}</small>
      </th>
      <td>${picture(show(undefined), `${one.id}, image`)}</td>
      <td>${picture(show(truth, truth), `${one.id}, truth`)}</td>
      ${shown.map(({ name, examples }) => {
        const same = examples?.images.find(({ id }) => id === one.id);
        const packed =
          same && ((weights === 'best' ? same.predicted.best : undefined) ?? same.predicted.last);
        if (packed === undefined) return html`<td>–</td>`;
        const predicted = unpackBytes(packed);
        const scores = scoresText(truth, predicted, first.label);
        return html`<td>
          ${picture(show(predicted, truth), `${one.id}, predicted by ${name}: ${scores}`)}<small
            >${scores}</small
          >
        </td>`;
      })}
    </tr>`;
  });
  const legend: [string, Rgb][] = two
    ? Object.entries(COLORS)
    : classes.map((name, k) => [name, LABEL_COLORS[k % LABEL_COLORS.length]!]);
  return html`<p class="legend">
      ${legend.map(([name, color]) => html`<span><i style="background:rgb(${color.join(',')})"></i>${name}</span>`)}
    </p>
    <div class="scroll" tabindex="0" role="group" aria-label="predictions">
      <table class="overlays">
        <thead>
          <tr>
            <th scope="col">region</th>
            <th scope="col">image</th>
            <th scope="col">truth</th>
            ${shown.map(({ name, seed, examples }) => html`<th scope="col"><code>${name}</code><small>${examples === undefined ? 'no finished run' : seed === undefined ? '' : `seed ${seed}`}</small></th>`)}
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>
    </div>`;
}

/** Scores of the picture as it is shown: an empty prediction says so, whatever its colors. */
function scoresText(truth: Uint8Array, predicted: Uint8Array, label: number): string {
  let [target, found, overlap] = [0, 0, 0];
  truth.forEach((one, pixel) => {
    if (one === IGNORED) return;
    if (one === label) target++;
    if (predicted[pixel] === label) found++;
    if (one === label && predicted[pixel] === label) overlap++;
  });
  if (found === 0) return target === 0 ? 'none, rightly' : 'nothing found';
  return `Dice ${ratioText((2 * overlap) / (target + found))}, p/q ${ratioText(found / target)}`;
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

/** The color of a pixel by its labels; undefined: that of the image. */
type ColorOf = (label: number, truth: number) => Rgb | undefined;

/** Two classes: what is found, invented and missed. */
const errorColor: ColorOf = (label, truth) => {
  if (truth > 1) return undefined;
  if (label === 1) return truth === 1 ? COLORS['true positive'] : COLORS['false positive'];
  return truth === 1 ? COLORS['false negative'] : undefined;
};

/** More classes: the map of labels; pixels without a label stay bare. */
const labelColor: ColorOf = (label, truth) =>
  truth === IGNORED ? undefined : LABEL_COLORS[label % LABEL_COLORS.length];

const OPACITY = 0.75;

/**
 * The image with colored labels, at most `side` pixels wide and high. A pixel of the picture has the most frequent color of the pixels that
 * it stands for, and is bare only if all of them are: structures of one pixel stay visible.
 */
function drawn(
  { width, height, image: packed }: ExampleImage,
  labels: Uint8Array | undefined,
  truth: Uint8Array | undefined,
  colorOf: ColorOf,
  side: number,
): Picture {
  const image = unpackBytes(packed);
  const step = Math.max(1, Math.ceil(Math.max(width, height) / side));
  const [columns, rows] = [Math.ceil(width / step), Math.ceil(height / step)];
  const rgb = new Uint8Array(columns * rows * 3);
  for (let to = 0; to < columns * rows; to++) {
    const [x0, y0] = [(to % columns) * step, Math.floor(to / columns) * step];
    const sum = [0, 0, 0];
    let count = 0;
    const colors = new Map<Rgb, number>();
    for (let y = y0; y < Math.min(height, y0 + step); y++) {
      for (let x = x0; x < Math.min(width, x0 + step); x++) {
        const from = y * width + x;
        for (let c = 0; c < 3; c++) sum[c]! += image[from * 3 + c]!;
        count++;
        const color = labels && colorOf(labels[from]!, truth![from]!);
        if (color !== undefined) colors.set(color, (colors.get(color) ?? 0) + 1);
      }
    }
    rgb.set(
      sum.map((value) => Math.round(value / count)),
      to * 3,
    );
    const [most] = [...colors].sort(([, a], [, b]) => b - a);
    if (most !== undefined) blend(rgb, to, most[0], OPACITY);
  }
  return { width: columns, height: rows, rgb };
}
