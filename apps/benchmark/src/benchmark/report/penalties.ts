import { parseLoss, type Loss } from '@segloss/losses';

import { lineFigure } from '../../page/figure.js';
import { breakable, html, type Html } from '../../page/html.js';
import { NONE, ratioText } from '../../page/numbers.js';
import { percentText } from '../../page/percent.js';
import { sizePenalty, type SizePenalty } from '../../page/size-penalty.js';
import { table, type Cell } from '../../page/table.js';
import type { MeasuredForce, MeasuredForces } from '../measured-forces.js';
import type { NoForce } from '../size-bins.js';
import { preferredText } from './bias.js';

/** The part of the axis that is drawn: around the true proportion, where losses differ; of its points every second, the true one and the minimum. */
function drawnPoints({ q, points, minimizer }: SizePenalty): [p: number, value: number][] {
  return points
    .filter(([p]) => p >= q / 30 && p <= Math.min(0.95, 12 * q))
    .filter(([p], i) => i % 2 === 0 || p === q || p === minimizer)
    .map(([p, value]) => [p, value]);
}

/** More lines than these make a chart that nobody reads; the table has them all. */
const MOST_DRAWN = 8;

/**
 * What every loss does to the predicted proportion, at the data's true proportion: its penalty in closed form, and its measured force.
 *
 * @param specs Losses of the runs. @param name Class. @param truth Its true proportion. @param measured Of `measureForces`.
 */
export function penaltyCharts(
  specs: readonly string[],
  name: string,
  truth: number,
  measured: MeasuredForces,
): Html {
  if (!(truth > 0 && truth < 1)) return html``;
  const penalties = specs.map((spec) => penaltyOf(spec, truth));
  const drawn = penalties.flatMap((one) => one.penalty ?? []);
  const forces = specs.map((spec) => ({ spec, force: measured.of(spec, truth) }));
  return html`<p>
      At the true proportion of "${name}", q = ${percentText(truth, 2)}. The marginal penalty is the part of a
      loss that depends only on the predicted proportion p; a loss pulls p towards the minimum of its curve
      (the dot). The matching term is not drawn; it pulls towards the right pixels. The force belongs to the
      complete loss. It is measured on synthetic images with a region of that size at the right place. Above 0
      the region shrinks; the force of cross-entropy is p - q.
    </p>
    <div class="charts">
      ${drawn.length === 0 ? html`<p>No loss here has a marginal penalty in closed form.</p>` : penaltyChart(drawn, name, truth)}
      ${forceChart(forces, name)}
    </div>
    ${table({
      name: 'cards',
      caption: 'What each loss prefers',
      head: ['loss', 'penalty: least at p', 'penalty: p/q there', 'measured: preferred p/q', 'measured: force at half size'], // prettier-ignore
      rows: penalties.map((one, i) => [...penaltyCells(one), ...forceCells(forces[i]!.force)]),
    })}
    ${measured.modules.map((module) => html`<p class="quiet"><small>Measured with the ${module}.</small></p>`)}`;
}

function penaltyChart(drawn: readonly NamedPenalty[], name: string, truth: number): Html {
  return lineFigure({
    title: 'Marginal penalty',
    description: `Marginal penalty of each loss over the predicted proportion of ${name}, minus its minimum.`,
    x: { label: `predicted proportion p of "${name}"`, scale: 'log' },
    y: { label: 'penalty minus its minimum' },
    series: drawn.map((penalty) => {
      const points = drawnPoints(penalty);
      return { name: penalty.spec, points, dots: points.filter(([p]) => p === penalty.minimizer) };
    }),
    marks: [{ x: truth, label: 'p = q' }],
  });
}

function forceChart(
  forces: readonly { readonly spec: string; readonly force: MeasuredForce | NoForce }[],
  name: string,
): Html {
  const series = forces.flatMap(({ spec, force }) => ('reason' in force ? [] : [{ name: spec, points: force.curve.filter(([ratio]) => ratio > 0.099 && ratio < 10.1) }])); // prettier-ignore
  if (series.length === 0) return html``;
  return lineFigure({
    title: series.length > MOST_DRAWN ? `Marginal force, measured (the first ${MOST_DRAWN} losses)` : 'Marginal force, measured', // prettier-ignore
    description: `Derivative of each loss by a shift of all logits, over the predicted size of ${name}; above 0 the region shrinks.`,
    x: { label: 'predicted / true size, p/q', scale: 'log' },
    y: { label: 'marginal force' },
    series: series.slice(0, MOST_DRAWN),
    marks: [
      { y: 0, label: '' },
      { x: 1, label: 'p = q' },
    ],
  });
}

interface NamedPenalty extends SizePenalty {
  readonly spec: string;
}

/** A loss with its closed-form penalty, or why it has none. */
interface LossPenalty {
  readonly spec: string;
  readonly penalty?: NamedPenalty;
  readonly without: string;
}

function penaltyOf(spec: string, truth: number): LossPenalty {
  const loss = parsedOrUndefined(spec);
  if (loss === undefined) return { spec, without: 'a module of your own' };
  const penalty = sizePenalty(loss, truth);
  if (penalty.unknown.length === loss.terms.length) return { spec, without: 'no closed form' };
  return { spec, penalty: { ...penalty, spec: loss.spec }, without: penalty.unknown.join(', ') };
}

function penaltyCells({ spec, penalty, without }: LossPenalty): Cell[] {
  const name = html`<code>${breakable(spec)}</code>`;
  if (penalty === undefined) return [name, without, NONE];
  const note = without === '' ? '' : html` <small>without ${without}</small>`;
  return [name, html`${percentText(penalty.minimizer, 2)}${note}`, ratioText(penalty.minimizer / penalty.q)];
}

function forceCells(force: MeasuredForce | NoForce): Cell[] {
  if ('reason' in force) return [html`<span title="${force.reason}">${NONE}</span>`, NONE];
  return [preferredText(force), ratioText(force.half)];
}

function parsedOrUndefined(spec: string): Loss | undefined {
  try {
    return parseLoss(spec);
  } catch {
    return undefined; // a module of the user's own, or a loss of another version
  }
}
