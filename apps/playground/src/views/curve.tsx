import { computed } from '@preact/signals';

import { curveOf, P_RANGE, type Curve } from '../core/curve.js';
import { logit } from '../core/pixels.js';
import { lookOf, nameOf, state, update } from '../state/state.js';
import { LineFigure } from '../ui/chart.js';
import { Choice, LossPicker, Notice, Screen, SizeSlider, Swatch } from '../ui/controls.js';
import { Predict } from '../ui/predict.js';
import { DataTable } from '../ui/table.js';
import { percent, ratio, short } from '../ui/text.js';

const curves = computed(() =>
  state.value.losses.flatMap((spec) => {
    const curve = curveOf(spec, state.value.q);
    return curve === undefined ? [] : [curve];
  }),
);

/** Values above this leave the chart: the least values are what matters. */
const CEILING = 1.5;

/** The region size that each loss prefers, for one true size. */
export function CurveView() {
  const { q, scale } = state.value;
  return (
    <Screen
      controls={
        <>
          <LossPicker />
          <SizeSlider
            label="True size q"
            value={q}
            min={0.001}
            max={0.9}
            hint="Share of the image. Drag in the chart, too."
          />
          <Choice
            label="Axis of the predicted size"
            value={scale}
            choices={[['log', 'Logarithmic'], ['linear', 'Linear']]} // prettier-ignore
            onChange={(value) => update({ scale: value })}
          />
        </>
      }
    >
      <Headline />
      <div class="card">
        <LineFigure
          file="segloss-curve"
          onDrag={(p) => update({ q: Number(Math.min(0.9, Math.max(0.001, p)).toPrecision(3)) })}
          chart={{
            title: 'Penalty on the size alone',
            description: sentenceOf(curves.value, q),
            x: { label: 'predicted size p, share of the image', scale, domain: P_RANGE },
            y: { label: 'penalty less its minimum', domain: [0, CEILING] },
            height: 380,
            marks: [{ x: q, label: `true size q = ${percent(q)}` }],
            series: curves.value.map((curve) => ({
              name: nameOf(curve.spec),
              look: lookOf(curve.spec),
              points: curve.points.map(([p, value]) => [p, value > CEILING ? NaN : value] as const),
              dots: [[Math.min(P_RANGE[1], Math.max(P_RANGE[0], curve.minimizer)), 0]],
            })),
          }}
        />
      </div>
      <Table />
      <Predict
        question="A network that gives every pixel the same probability is trained with plain Dice on a lesion of 2 % of the image. Where does its hidden size penalty pull the predicted size?"
        options={['To 0 %', 'To 2 %', 'To 50 %']}
        answer={0}
        because="The penalty of Dice is log(p + q): it falls all the way down to the empty prediction, and steepest where the region is small."
      />
    </Screen>
  );
}

function sentenceOf(all: readonly Curve[], q: number): string {
  const least = all.map(({ spec, minimizer }) => `${nameOf(spec)} at ${percent(minimizer)}`);
  return `At a true size of ${percent(q)} the penalties are least at: ${least.join('; ')}.`;
}

function Headline() {
  const { q, losses } = state.value;
  const times = (0.5 / q).toFixed(q < 0.05 ? 0 : 1);
  return (
    <Notice>
      <p>
        {losses.includes('dice')
          ? `At q = ${percent(q)}, the hidden penalty of Dice pushes the predicted size down ${times} times as hard as at 50 %, and never stops before 0.`
          : `The dot is the predicted size that each loss prefers. At q = ${percent(q)}, a loss without a size bias has it on the line.`}
      </p>
    </Notice>
  );
}

function Table() {
  const { q } = state.value;
  return (
    <DataTable
      id="minima"
      label="Minima"
      caption={`Where each penalty is least, at a true size of ${percent(q)}`}
      columns={['Loss', 'Least at p*', 'p* / q', 'Slope at p = q', { words: 'Penalty' }]}
    >
      {curves.value.map((curve) => (
        <tr key={curve.spec} data-spec={curve.spec} data-minimizer={curve.minimizer} data-slope={curve.slope}>
          <th scope="row">
            <Swatch spec={curve.spec} /> {nameOf(curve.spec)}
          </th>
          <td class={Math.abs(logit(curve.minimizer) - logit(q)) < 0.05 ? 'fine' : 'off'}>
            {percent(curve.minimizer)}
          </td>
          <td>{ratio(curve.minimizer / q)}</td>
          <td>{Number.isNaN(curve.slope) ? 'kink' : short(curve.slope)}</td>
          <td class="words">
            {curve.formula === undefined ? (
              'no closed form: the whole loss, the same probability everywhere'
            ) : (
              <code>{curve.formula}</code>
            )}
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
