import type { Summary } from '../summary.js';
import { figure } from './curves.js';
import { html, type Html } from './html.js';

const percent = (proportion: number) => `${(100 * proportion).toPrecision(2)} %`;

/** The penalty that every loss puts on the predicted proportion, at the data's true proportion. */
export function penaltyCharts({ start, rareClass }: Summary): Html {
  const { penalties } = start;
  const name = start.data.classes[rareClass] ?? '';
  const [first] = penalties;
  if (first === undefined) return html`<p>No loss here has a marginal penalty to draw.</p>`;
  return html`<p>
      The part of each loss that depends on the predicted proportion p of "${name}" alone, with the true
      proportion q = ${percent(first.truth)} of the training images. A loss pulls p to where its curve is
      least.
    </p>
    <div class="charts">
      ${figure({
        title: 'Marginal penalty',
        description: `Marginal penalty of each loss over the predicted proportion of ${name}, less its minimum.`,
        x: { label: `predicted proportion of "${name}"`, scale: 'log' },
        y: { label: 'penalty, less its minimum' },
        series: penalties.map(({ spec, points, argmin }) => ({
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
            ${penalties.map(
              ({ spec, argmin, truth }) =>
                html`<tr>
                  <th scope="row"><code>${spec}</code></th>
                  <td>${percent(argmin)}</td>
                  <td>${(argmin / truth).toFixed(2)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </div>`;
}
