import { computed, effect, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { simplexChart, type Proportions } from '@segloss/charts';

import { simplexMaps, type SimplexMap } from '../core/simplex.js';
import { inTasks } from '../core/tasks.js';
import { state, update } from '../state/state.js';
import { Drawing, useWidth } from '../ui/chart.js';
import { Notice, Screen, Slider } from '../ui/controls.js';
import { DataTable } from '../ui/table.js';
import { percent } from '../ui/text.js';

const LEAST = 0.02;
const truth = computed((): Proportions => [
  state.value.q1,
  state.value.q2,
  1 - state.value.q1 - state.value.q2,
]);
/** By their names. */
const maps = signal<ReadonlyMap<string, SimplexMap>>(new Map());

/** Computes the maps anew whenever the truth changes, one at a time. */
function followTruth(): () => void {
  return effect(() => {
    const stopping = new AbortController();
    const receive = (map: SimplexMap) => (maps.value = new Map([...maps.peek(), [map.name, map]]));
    void inTasks(simplexMaps(truth.value), receive, stopping.signal);
    return () => stopping.abort();
  });
}

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
  useEffect(followTruth, []);
  const all = [...maps.value.values()];
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
        {all.map((map) => (
          <Triangle key={map.name} map={map} />
        ))}
      </div>
      <DataTable
        id="ends"
        label="Ends"
        caption="Where gradient descent ends, from equal shares"
        columns={['Penalty', 'A', 'B', 'C', 'Minimum at']}
      >
        <tr>
          <th scope="row">Truth</th>
          {truth.value.map((share, k) => (
            <td key={k}>{percent(share)}</td>
          ))}
          <td />
        </tr>
        {all.map(({ name, title, end, minimizer }) => (
          <tr key={name} data-name={name} data-end={end.join(',')}>
            <th scope="row">{title}</th>
            {end.map((share, k) => (
              <td key={k}>{percent(share, 2)}</td>
            ))}
            <td>{minimizer.map((share) => percent(share, 2).replace(' %', '')).join(' / ')} %</td>
          </tr>
        ))}
      </DataTable>
    </Screen>
  );
}

function Triangle({ map }: { map: SimplexMap }) {
  const [ref, width] = useWidth<HTMLDivElement>(380);
  const svg = useMemo(() => drawingOf(map, width), [map, width]);
  return (
    <div class="card">
      <div ref={ref}>
        <Drawing svg={svg} />
      </div>
    </div>
  );
}

const drawingOf = ({ title, points, path, minimizer, end, truth: q }: SimplexMap, width: number) =>
  simplexChart({
    title,
    description: `Descent from equal shares ends at ${end.map((share) => percent(share, 2)).join(', ')}.`,
    corners: ['A', 'B', 'C'],
    value: 'penalty',
    points,
    path,
    marks: [
      { p: q, label: 'truth', kind: 'truth' },
      { p: minimizer, label: 'minimum', kind: 'minimum' },
    ],
    width,
  });
