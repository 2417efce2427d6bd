import { parseLoss, type Loss } from '@segloss/losses';

import { lineFigure } from '../../page/figure.js';
import { html, type Html } from '../../page/html.js';
import { percentText } from '../../page/percent.js';
import { sizePenalty, type SizePenalty } from '../../page/size-penalty.js';
import { table, type Cell } from '../../page/table.js';

/** The part of the axis that is drawn: around the true proportion, where losses differ. */
const isDrawn = ({ q }: SizePenalty, p: number) => p >= q / 30 && p <= Math.min(0.95, 12 * q);

interface LossPenalty extends SizePenalty {
  readonly spec: string;
  /** Whether any term has a closed form. */
  readonly known: boolean;
}

/**
 * The penalty that every loss puts on the predicted proportion, at the data's true proportion. Specs with modules of the user's own are left
 * out: a report runs no code.
 *
 * @param specs Losses of the runs. @param name Class. @param truth Its true proportion.
 */
export function penaltyCharts(specs: readonly string[], name: string, truth: number): Html {
  if (!(truth > 0 && truth < 1)) return html``;
  const parsed = specs.map((spec) => parsedOrUndefined(spec));
  const own = specs.filter((_, i) => parsed[i] === undefined);
  const penalties = parsed.flatMap((loss) => (loss === undefined ? [] : [penaltyOf(loss, truth)]));
  const drawn = penalties.filter(({ known }) => known);
  const leftOut =
    own.length === 0
      ? html``
      : html`<p>Losses with modules of your own are not drawn: ${own.join('; ')}.</p>`;
  if (drawn.length === 0) {
    return html`<p>No loss here has a marginal penalty in closed form.</p>
      ${leftOut}`;
  }
  return html`<p>
      The part of each loss that depends only on the predicted proportion p of "${name}", at its true
      proportion q = ${percentText(truth, 2)}. A loss pulls p towards the minimum of its curve (the dot); a
      matching term, not drawn here, pulls towards the right pixels.
    </p>
    ${leftOut}
    <div class="charts">
      ${lineFigure({
        title: 'Marginal penalty',
        description: `Marginal penalty of each loss over the predicted proportion of ${name}, minus its minimum.`,
        x: { label: `predicted proportion p of "${name}"`, scale: 'log' },
        y: { label: 'penalty minus its minimum' },
        series: drawn.map((penalty) => {
          const points = penalty.points.filter(([p]) => isDrawn(penalty, p)).map(([p, value]): [number, number] => [p, value]); // prettier-ignore
          return { name: penalty.spec, points, dots: points.filter(([p]) => p === penalty.minimizer) };
        }),
        marks: [{ x: truth, label: 'p = q' }],
      })}
      ${table({ head: ['loss', 'penalty is least at p', 'p/q there'], rows: penalties.map(row) })}
    </div>`;
}

function parsedOrUndefined(spec: string): Loss | undefined {
  try {
    return parseLoss(spec);
  } catch {
    return undefined; // a module of the user's own, or a loss of another version
  }
}

function penaltyOf(loss: Loss, truth: number): LossPenalty {
  const penalty = sizePenalty(loss, truth);
  return { ...penalty, spec: loss.spec, known: penalty.unknown.length < loss.terms.length };
}

function row({ spec, known, minimizer, q, unknown }: LossPenalty): Cell[] {
  const without = unknown.length > 0 ? html` <small>without ${unknown.join(', ')}</small>` : '';
  const name = html`<code>${spec}</code>${without}`;
  return known
    ? [name, percentText(minimizer, 2), (minimizer / q).toFixed(2)]
    : [name, 'no closed form', '–'];
}
