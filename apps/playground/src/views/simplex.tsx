import { computed } from '@preact/signals';
import { simplexChart, type Proportions } from '@segloss/charts';

import { simplexMaps, type SimplexMap } from '../core/simplex.js';
import { state, update } from '../state/state.js';
import { Drawing, useWidth } from '../ui/chart.js';
import { Notice, Screen, Slider } from '../ui/controls.js';
import { percent } from '../ui/text.js';

const LEAST = 0.02;
const truth = computed((): Proportions => [
  state.value.q1,
  state.value.q2,
  1 - state.value.q1 - state.value.q2,
]);
const maps = computed(() => simplexMaps(truth.value));

/** Changes one proportion, and keeps room for the others. */
function change(key: 'q1' | 'q2', value: number): void {
  const other = key === 'q1' ? 'q2' : 'q1';
  const rest = Math.min(state.value[other], 1 - LEAST - value);
  if (rest < LEAST) return;
  update({ [key]: value, [other]: Number(rest.toPrecision(4)) });
}

/** Three classes: where each penalty takes the proportions. */
export function SimplexView() {
  const { q1, q2 } = state.value;
  return (
    <Screen
      controls={
        <>
          <Slider
            label="True share of class A"
            value={q1}
            min={LEAST}
            max={0.94}
            step={0.01}
            percent
            onChange={(value) => change('q1', value)}
          />
          <Slider
            label="True share of class B"
            value={q2}
            min={LEAST}
            max={0.94}
            step={0.01}
            percent
            onChange={(value) => change('q2', value)}
          />
          <p class="small">
            Class C has the rest: <strong>{percent(1 - q1 - q2)}</strong>.
          </p>
          <p class="small">
            Each point of a triangle is a mixture of three classes; each corner an image of one class alone.
            The orange line starts where a network starts, at equal shares, and follows the gradient. The
            cross is the truth, the target the minimum.
          </p>
        </>
      }
    >
      <Notice>
        <p>
          Cross-entropy and L1 end at the truth. The penalty of Dice has no minimum inside: it ends in the
          corner of one class and gives up the others. Inverse frequencies end at equal shares, whatever the
          truth.
        </p>
      </Notice>
      <div class="maps">
        {maps.value.map((map) => (
          <Triangle key={map.name} map={map} />
        ))}
      </div>
      <div class="card">
        <div class="scroll" tabIndex={0} role="region" aria-label="Ends">
          <table class="data" id="ends">
            <caption>Where gradient descent ends, from equal shares</caption>
            <thead>
              <tr>
                <th scope="col">Penalty</th>
                <th scope="col">A</th>
                <th scope="col">B</th>
                <th scope="col">C</th>
                <th scope="col">Minimum at</th>
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">Truth</th>
                {truth.value.map((share, k) => (
                  <td key={k}>{percent(share)}</td>
                ))}
                <td />
              </tr>
              {maps.value.map(({ name, title, end, minimizer }) => (
                <tr key={name} data-name={name} data-end={end.join(',')}>
                  <th scope="row">{title}</th>
                  {end.map((share, k) => (
                    <td key={k}>{percent(share, 2)}</td>
                  ))}
                  <td>{minimizer.map((share) => percent(share, 2).replace(' %', '')).join(' / ')} %</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </Screen>
  );
}

function Triangle({ map }: { map: SimplexMap }) {
  const [ref, width] = useWidth<HTMLDivElement>(380);
  const { title, points, path, minimizer, end } = map;
  return (
    <div class="card">
      <div ref={ref}>
        <Drawing
          svg={simplexChart({
            title,
            description: `Descent from equal shares ends at ${end.map((share) => percent(share, 2)).join(', ')}.`,
            corners: ['A', 'B', 'C'],
            value: 'penalty',
            points,
            path,
            marks: [
              { p: truth.value, label: 'truth', kind: 'truth' },
              { p: minimizer, label: 'minimum', kind: 'minimum' },
            ],
            width,
          })}
        />
      </div>
    </div>
  );
}
