import { unpackBytes } from '@segloss/trainer';

import { html, type Html } from '../../page/html.js';
import { percentText } from '../../page/percent.js';
import { ratioText } from '../../page/numbers.js';
import { toDataUrl, type Rgb } from '../../page/pixels.js';
import { shownCases, standings, type ShownCase, type ShownCases, type Standing } from '../shown-cases.js';
import type { Row, SectionData } from '../table.js';
import { COLORS, drawn, errorColor, LABEL_COLORS, labelColor, type ColorOf } from './drawn-case.js';

/** Bytes that all pictures of one section may take together, before compression. */
const BUDGET = 1_100_000;

/** More rows than these make pictures too small to see anything. */
const MOST_ROWS = 8;

/** A row's pictures: those of its first finished run. */
interface Shown {
  readonly name: string;
  readonly seed: string | undefined;
  readonly examples: ShownCases | undefined;
}

const STANDINGS: readonly Standing[] = ['worst', 'median', 'best'];

/**
 * Draws the worst, the median and the best case of every row in each quarter of region sizes: the image, and what is found, invented and
 * missed in it, with the scores of the whole image.
 */
export function overlays(rows: readonly Row[], { classes }: SectionData): Html {
  const all = rows.filter(({ constant }) => !constant).map(shownOf);
  const shown = all.slice(0, MOST_ROWS);
  const filled = shown.flatMap(({ examples }) => examples ?? []);
  const bins = filled.map((one) => one.bins).find((some) => some.length > 0);
  if (bins === undefined) {
    return html`<p>No image contains a foreground class, so there is nothing to show.</p>`;
  }
  const { label } = filled[0]!;
  const two = classes.length === 2;
  const colorOf = two ? errorColor : labelColor;
  const side = sideOf(filled, two ? 2 : 3);
  const legend: [string, Rgb][] = two
    ? Object.entries(COLORS)
    : classes.map((name, k) => [name, LABEL_COLORS[k % LABEL_COLORS.length]!]);
  return html`<p>
      Validation images by the size of the true "${classes[label] ?? ''}" and by the Dice that each row
      reaches on
      them${two ? ': found, invented and missed pixels next to every image' : ': image, truth, prediction'}.
      Each row has its own cases. ${keptText(filled)}
    </p>
    ${all.length > MOST_ROWS ? html`<p class="quiet">The first ${MOST_ROWS} of ${all.length} rows are shown.</p>` : ''}
    <p class="legend">
      ${legend.map(([name, color]) => html`<span><i style="background:rgb(${color.join(',')})"></i>${name}</span>`)}
    </p>
    <div class="scroll" tabindex="0" role="group" aria-label="predictions">
      <table class="overlays">
        <thead>
          <tr>
            <th scope="col">regions</th>
            <th scope="col">case</th>
            ${shown.map(({ name, seed, examples }) => html`<th scope="col"><code>${name}</code><small>${examples === undefined ? 'no finished run' : seed === undefined ? '' : `seed ${seed}`}</small></th>`)}
          </tr>
        </thead>
        <tbody>
          ${bins.flatMap((bin, i) => {
            const chosen = shown.map(({ examples }) => standings(examples?.bins[i] ?? { cases: [] }));
            return STANDINGS.filter((standing) => chosen.some((one) => one[standing] !== undefined)).map(
              (standing) =>
                html`<tr>
                  <th scope="row">
                    ${bin.name}<small>${percentText(bin.from, 2)} to ${percentText(bin.to, 2)}</small>
                  </th>
                  <th scope="row">${standing}</th>
                  ${chosen.map((one, row) => caseCell(one[standing], `${standing} of ${shown[row]!.name}`, { two, colorOf, side }))}
                </tr>`,
            );
          })}
        </tbody>
      </table>
    </div>`;
}

/** How pictures are drawn. */
interface Drawing {
  readonly two: boolean;
  readonly colorOf: ColorOf;
  readonly side: number;
}

function caseCell(one: ShownCase | undefined, name: string, { two, colorOf, side }: Drawing): Html {
  if (one === undefined) return html`<td>–</td>`;
  const truth = unpackBytes(one.truth);
  const draw = (labels?: Uint8Array) => toDataUrl(drawn(one, labels, truth, colorOf, side));
  const scores = scoresText(one);
  return html`<td>
    <span class="pair">
      ${picture(draw(), `${one.id}, image`)} ${two ? '' : picture(draw(truth), `${one.id}, truth`)}
      ${picture(draw(unpackBytes(one.predicted)), `${one.id}, ${name}: ${scores}`)}
    </span>
    <small>${scores}</small><small>${one.id}, ${percentText(one.proportion, 2)}</small>
  </td>`;
}

/** Of how many images the cases are the worst and the best, where that is not all. */
function keptText(shown: readonly ShownCases[]): string {
  const count = ({ bins }: ShownCases) => bins.reduce((sum, { cases }) => sum + cases.length, 0);
  const total = ({ bins }: ShownCases) => bins.reduce((sum, { of }) => sum + of, 0);
  const part = shown.find((one) => count(one) < total(one));
  if (part === undefined) return '';
  return `Runs keep the pictures of ${count(part)} of ${total(part)} such images, chosen by size alone: worst and best are among these.`;
}

/** Scores of the whole image: an empty prediction says so, whatever its colors. */
function scoresText({ dice, ratio }: ShownCase): string {
  return ratio === 0 ? 'nothing found' : `Dice ${ratioText(dice)}, p/q ${ratioText(ratio)}`;
}

function shownOf({ names, results }: Row): Shown {
  const finished = results.find(({ scores }) => scores !== undefined);
  return {
    name: names.filter(Boolean).join(', '),
    seed: finished?.labels['seed'],
    examples: finished && shownCases(finished.folder, finished.scores!.weights),
  };
}

/** The longest side of a picture, so that all of them fit the budget. @param each Pictures of one case. */
function sideOf(shown: readonly ShownCases[], each: number): number {
  const drawnCases = shown.flatMap(({ bins }) => bins.flatMap((bin) => Object.values(standings(bin))));
  const aspects = drawnCases.map(({ width, height }) => Math.min(width, height) / Math.max(width, height));
  const area = 3 * each * aspects.reduce((sum, aspect) => sum + aspect, 0);
  return Math.min(192, Math.max(16, Math.floor(Math.sqrt(BUDGET / area))));
}

function picture(url: string, text: string): Html {
  return html`<img src="${url}" alt="${text}" />`;
}
