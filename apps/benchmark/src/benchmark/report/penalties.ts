import type { EventOf } from '../events.js';
import type { Summary } from '../summary.js';
import { figure } from '../../page/figure.js';
import { html, type Html } from '../../page/html.js';

type Penalty = EventOf<'experiment.start'>['penalties'][number];

const percent = (proportion: number) => `${(100 * proportion).toPrecision(2)} %`;

/** The penalty that every loss puts on the predicted proportion, at the data's true proportion. */
export function penaltyCharts({ start, rareClass }: Summary): Html {
  const { penalties } = start;
  const name = start.data.classes[rareClass] ?? '';
  const drawn = penalties.filter(({ points }) => points.length > 0);
  const [first] = drawn;
  if (first === undefined) return html`<p>No loss here has a marginal penalty in closed form.</p>`;
  return html`<p>
      The part of each loss that depends on the predicted proportion p of "${name}" alone, whatever pixels are
      meant, at the true proportion q = ${percent(first.truth)} of the training images. A loss pulls p to
      where its curve is least (the dot); a matching term, not drawn here, pulls towards the right pixels.
    </p>
    <div class="charts">
      ${figure({
        title: 'Marginal penalty',
        description: `Marginal penalty of each loss over the predicted proportion of ${name}, less its minimum.`,
        x: { label: `predicted proportion p of "${name}"`, scale: 'log' },
        y: { label: 'penalty, less its minimum' },
        series: drawn.map(({ spec, points, argmin }) => ({
          name: spec,
          points,
          dots: points.filter(([p]) => p === argmin),
        })),
        marks: [{ x: first.truth, label: 'p = q' }],
      })}
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">loss</th>
              <th scope="col">penalty least at p</th>
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
