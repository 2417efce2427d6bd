import { IGNORED } from '@segloss/data';

import { unpackBytes } from '../codec.js';
import type { Case } from '../events.js';
import type { Run, Summary } from '../summary.js';
import { html, type Html } from '../../page/html.js';
import { blend, onOutline, thin, toDataUrl, type Picture, type Rgb } from '../../page/pixels.js';

/** Colors that people with any color vision tell apart (Okabe and Ito). */
const colors = {
  'true positive': [0, 158, 115],
  'false positive': [230, 159, 0],
  'false negative': [204, 51, 130],
} as const satisfies Record<string, Rgb>;
const outline: Rgb = [255, 255, 255];

const labelColors: readonly Rgb[] = [
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

/** Bytes that all pictures of one report may take together, before compression. */
const budget = 1_100_000;

/** The same validation images under every loss: image with the true outline, then one column per loss. */
export function overlays(summary: Summary): Html {
  const { start, losses } = summary;
  const shown = losses.map((loss) => ({ spec: loss.spec, run: loss.runs.find((run) => run.scores) }));
  const count = start.cases.length * (shown.length + 1);
  if (count === 0) return html`<p>No validation image contains the class, so there is nothing to show.</p>`;
  const { classes, width, height } = start.data;
  const aspect = Math.min(width, height) / Math.max(width, height);
  const side = Math.min(192, Math.floor(Math.sqrt(budget / (count * 3 * aspect))));
  const two = classes.length === 2;
  const paint = two ? paintErrors : paintLabels;
  const rows = start.cases.map((one, index) => {
    const image = unpackBytes(one.image);
    const truth = unpackBytes(one.truth);
    const show = (predicted: Uint8Array | undefined) =>
      toDataUrl(paint(image, truth, predicted, width, height, side));
    return html`<tr>
      <th scope="row">
        ${one.region}<br /><small>${one.id}<br />${(100 * one.proportion).toFixed(2)} %</small>
      </th>
      <td>${picture(show(undefined), `${one.id}, image and truth`)}</td>
      ${shown.map(({ spec, run }) => html`<td>${prediction(run, index, one, spec, show)}</td>`)}
    </tr>`;
  });
  const legend = two
    ? Object.entries(colors)
    : classes.map((name, k) => [name, labelColors[k % labelColors.length]!] as const);
  const truthTitle = two ? 'image, truth outlined' : 'truth';
  return html`<p class="legend">
      ${legend.map(([name, color]) => html`<span><i style="background:rgb(${color.join(',')})"></i>${name}</span>`)}
    </p>
    <div class="scroll">
      <table class="overlays">
        <thead>
          <tr>
            <th scope="col">region</th>
            <th scope="col">${truthTitle}</th>
            ${shown.map(({ spec, run }) => html`<th scope="col"><code>${spec}</code><br /><small>${run === undefined ? 'no finished run' : `seed ${run.seed}`}</small></th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}

function prediction(
  run: Run | undefined,
  index: number,
  one: Case,
  spec: string,
  show: (predicted: Uint8Array) => string,
): Html {
  const packed = run?.predictions[index];
  if (packed === undefined) return html`–`;
  return picture(show(unpackBytes(packed)), `${one.id}, predicted by ${spec}`);
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
      if (found && inside(pixel)) blend(rgb, pixel, colors['true positive'], 0.55);
      if (found && !inside(pixel)) blend(rgb, pixel, colors['false positive'], 0.7);
      if (!found && inside(pixel)) blend(rgb, pixel, colors['false negative'], 0.7);
    }
  }
  return shrink(rgb, width, height, side, (small, rows, columns, at) => {
    const region = (pixel: number) => inside(at[pixel]!);
    at.forEach((_, pixel) => {
      if (onOutline(region, pixel, columns, rows)) blend(small, pixel, outline, 0.8);
    });
  });
};

/** More classes: the map of labels over the image; pixels without a label stay bare. */
const paintLabels: Paint = (image, truth, predicted, width, height, side) => {
  const rgb = Uint8Array.from(image);
  (predicted ?? truth).forEach((label, pixel) => {
    if (truth[pixel] !== IGNORED) blend(rgb, pixel, labelColors[label % labelColors.length]!, 0.7);
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
