import { barFigure } from '../../page/figure.js';
import { breakable, html, type Html } from '../../page/html.js';
import { NONE, ratioText } from '../../page/numbers.js';
import { percentText } from '../../page/percent.js';
import { csvLink, csvText } from '../../page/csv.js';
import { table } from '../../page/table.js';
import type { MeasuredForce, MeasuredForces } from '../measured-forces.js';
import {
  forceOf,
  NO_SPEC,
  sizeBins,
  type NoForce,
  type SizeBinRatio,
  type SizeBinRow,
} from '../size-bins.js';
import { rowName, specOf, type Row, type Section } from '../table.js';
import { intervalText } from '../table-formats.js';
import { captionOf, fileName } from './board.js';

interface RowBins {
  readonly row: Row;
  readonly spec: string | undefined;
  readonly bins: readonly SizeBinRow[];
}

/** More rows than these make a chart that nobody reads; the table has them all. */
const MOST_DRAWN = 8;

/** What the charts and tables of {@link biasBySize} mean. */
export const biasMeaning = (): Html =>
  html`<p>
      Images are divided by the true size of the rarest class into parts with as many images each. p/q is what
      the trainings did, with 95 % intervals for new images. The last columns are about the loss itself, at
      that size. A preferred p/q of 1 is the true size, 0 no region. Force at half size: how hard the loss
      pushes a region of half the true size back to it, relative to cross-entropy (1 as hard; below 0 it
      pushes towards no region).
    </p>
    <ul>
      <li>
        Penalty: only the part of the loss that depends on the predicted size, in closed form. Not every loss
        has one. For a loss with a temperature, p is the proportion of the sharpened probabilities.
      </li>
      <li>
        Measured: the complete loss, on synthetic images with a region of that size. Preferred p/q is for
        pixels that are known uncertainly, the force for a region at the right place. Cross-entropy has 1 and
        1.
      </li>
    </ul>`;

/** How large the rarest class is predicted by the size of its region, next to what each loss does at that size. */
export function biasBySize({ title, data, rows }: Section, measured: MeasuredForces): Html {
  if (data === undefined) return html``;
  const all = rows
    .filter(({ constant, replicates }) => !constant && replicates.length > 0)
    .map((row): RowBins => ({ row, spec: specOf(row), bins: sizeBins(row.replicates, data.rareClass) }))
    .filter(({ bins }) => bins.length > 0);
  const [first] = all;
  if (first === undefined) return html``;
  const head = ['loss', 'regions', 'true share', 'images', 'p/q hard', 'p/q soft', 'missed', ...FORCES]; // prettier-ignore
  const lines = all.flatMap(({ row, spec, bins }) =>
    bins.map((bin) => ({
      ...{ row, bin },
      closed: spec === undefined ? NO_SPEC : forceOf(spec, bin.truth),
      force: spec === undefined ? NO_SPEC : measured.of(spec, bin.truth),
    })),
  );
  const name = data.classes[data.rareClass] ?? '';
  const reasons = [...new Set(lines.flatMap(({ closed, force }) => [closed, force].flatMap((one) => ('reason' in one ? [one.reason] : []))))]; // prettier-ignore
  return html` ${barFigure({
    title: captionOf(`p/q of "${name}" by region size (hard)`, title),
    description: `Predicted over true size of ${name} in images of similar region size, one bar for each row of the table; 1 is right.`,
    categories: first.bins.map((bin) => `${bin.name} (${percentText(bin.truth, 2)})`),
    value: { label: 'predicted / true size, p/q' },
    baseline: 1,
    series: all.slice(0, MOST_DRAWN).map(({ row, bins }) => ({
      name: rowName(row),
      bars: first.bins.map((_, i) => ({
        value: bins[i]?.hard.ratio ?? NaN,
        ...(bins[i]?.hard.interval && { low: bins[i].hard.interval[0], high: bins[i].hard.interval[1] }),
      })),
    })),
    marks: [{ x: 1, label: 'p = q' }],
  })}
  ${all.length > MOST_DRAWN ? html`<p class="quiet">The first ${MOST_DRAWN} of ${all.length} rows are drawn.</p>` : ''}
  ${table({
    ...{
      head,
      names: 2,
      name: 'bins cards sortable',
      caption: captionOf('Label-marginal bias by region size', title),
    },
    rows: lines.map(({ row, bin, closed, force }) => [
      ...[html`<code>${breakable(rowName(row))}</code>`, bin.name],
      html`${percentText(bin.truth, 2)}
        <span class="interval">${percentText(bin.from, 2)} to ${percentText(bin.to, 2)}</span>`,
      String(bin.images),
      ratioCell(bin.hard),
      ratioCell(bin.soft),
      `${bin.hard.missed} of ${bin.hard.of}`,
      forceCell(closed, ({ preferred }) => ratioText(preferred)),
      forceCell(closed, ({ half }) => ratioText(half)),
      forceCell(force, preferredText),
      forceCell(force, ({ half }) => ratioText(half)),
    ]),
  })}
  ${reasons.length > 0 ? html`<p class="quiet"><small>${NONE}, ${reasons.join('; ')}.</small></p>` : ''}
  ${csvLink(
    fileName('bias-by-size', title),
    csvText([
      [
        'loss',
        'regions',
        'from',
        'to',
        'true share',
        'images',
        ...['hard', 'soft'].flatMap((kind) => [`p/q ${kind}`, `p/q ${kind} low`, `p/q ${kind} high`]),
        'missed',
        'of',
        ...FORCES,
      ],
      ...lines.map(({ row, bin, closed, force }) => [
        rowName(row),
        bin.name,
        bin.from,
        bin.to,
        bin.truth,
        bin.images,
        ...numbers(bin.hard),
        ...numbers(bin.soft),
        bin.hard.missed,
        bin.hard.of,
        ...[closed, force].flatMap((one) => ('reason' in one ? [NaN, NaN] : [one.preferred, one.half])),
      ]),
    ]),
  )}`;
}

/** The columns about the loss itself. */
const FORCES = ['penalty', 'measured'].flatMap((how) => [`${how}: preferred p/q`, `${how}: force at half size`]); // prettier-ignore

/** A force, or the reason that it is missing. */
function forceCell<T extends object>(force: T | NoForce, text: (force: T) => string): Html | string {
  if ('reason' in force) return html`<span title="${force.reason}">${NONE}</span>`;
  return text(force);
}

/** A flat minimum, as that of a loss without a gradient, is wider than this share of itself. */
const FLAT = 0.2;

/** Where a loss is least: one ratio, or a range where it is flat. */
export function preferredText({ preferred, low, high }: MeasuredForce): string {
  return high - low > FLAT * preferred && low > 0
    ? `${ratioText(low)} to ${ratioText(high)}`
    : ratioText(preferred);
}

function ratioCell({ ratio, interval }: SizeBinRatio): Html | string {
  if (Number.isNaN(ratio)) return NONE;
  return interval ? html`${ratioText(ratio)} <span class="interval">${intervalText(interval, 2)}</span>` : ratioText(ratio); // prettier-ignore
}

const numbers = ({ ratio, interval }: SizeBinRatio): number[] => [
  ratio,
  interval?.[0] ?? NaN,
  interval?.[1] ?? NaN,
];
