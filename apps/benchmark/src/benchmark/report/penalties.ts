import { penaltyCurve } from '@segloss/bias';
import { parseLoss, type Loss } from '@segloss/losses';

import { figure } from '../../page/figure.js';
import { html, type Html } from '../../page/html.js';

/** The marginal penalty of a loss for one class against the rest, at the true proportion of that class. */
export interface Penalty {
  readonly spec: string;
  readonly truth: number;
  /** Predicted proportion p and penalty; empty where no term has a closed form. */
  readonly points: readonly (readonly [number, number])[];
  readonly argmin: number | null;
  /** Terms without a closed form. */
  readonly unknown: readonly string[];
}

/** Measures the marginal penalty of a loss. @param truth True proportion q, above 0. */
export function penaltyOf(loss: Loss, truth: number): Penalty {
  const { p, value, minimizer, unknown } = penaltyCurve(loss, { truth, p: proportionsAround(truth) });
  const known = unknown.length < loss.terms.length;
  return {
    spec: loss.spec,
    truth,
    points: known ? p.map((at, index): [number, number] => [at, value[index]!]) : [],
    argmin: known ? minimizer : null,
    unknown,
  };
}

/** Evenly spaced on a logarithmic axis, and the true proportion itself. */
function proportionsAround(truth: number): number[] {
  const [low, high, count] = [truth / 30, Math.min(0.95, 12 * truth), 120];
  const even = Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
  return [...even, truth].sort((a, b) => a - b);
}

const percent = (proportion: number) => `${(100 * proportion).toPrecision(2)} %`;

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
  const drawn = penalties.filter(({ points }) => points.length > 0);
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
      proportion q = ${percent(truth)}. A loss pulls p towards the minimum of its curve (the dot); a matching
      term, not drawn here, pulls towards the right pixels.
    </p>
    ${leftOut}
    <div class="charts">
      ${figure({
        title: 'Marginal penalty',
        description: `Marginal penalty of each loss over the predicted proportion of ${name}, minus its minimum.`,
        x: { label: `predicted proportion p of "${name}"`, scale: 'log' },
        y: { label: 'penalty minus its minimum' },
        series: drawn.map(({ spec, points, argmin }) => ({
          name: spec,
          points: points.map(([p, value]): [number, number] => [p, value]),
          dots: points.filter(([p]) => p === argmin).map(([p, value]): [number, number] => [p, value]),
        })),
        marks: [{ x: truth, label: 'p = q' }],
      })}
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">loss</th>
              <th scope="col">penalty is least at p</th>
              <th scope="col">p/q there</th>
            </tr>
          </thead>
          <tbody>
            ${penalties.map(row)}
          </tbody>
        </table>
      </div>
    </div>`;
}

function parsedOrUndefined(spec: string): Loss | undefined {
  try {
    return parseLoss(spec);
  } catch {
    return undefined; // a module of the user's own, or a loss of another version
  }
}

function row({ spec, points, argmin, truth, unknown }: Penalty): Html {
  // At the left end of the axis the penalty still falls: its minimum is no region at all.
  const least = argmin === points[0]?.[0] ? 0 : argmin;
  const without = unknown.length > 0 ? html` <small>without ${unknown.join(', ')}</small>` : '';
  return html`<tr>
    <th scope="row"><code>${spec}</code>${without}</th>
    <td>${least === null ? 'no closed form' : percent(least)}</td>
    <td>${least === null ? '–' : (least / truth).toFixed(2)}</td>
  </tr>`;
}
