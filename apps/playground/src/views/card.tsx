import { signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { ProfileFamily } from '@segloss/bias';

import type { CardAnswer, CardRequest } from '../core/card-run.js';
import { FORMULA } from '../core/losses.js';
import { asError, startWork, type Running, type Work } from '../core/worker.js';
import { said, specOf, state, update } from '../state/state.js';
import { LineFigure } from '../ui/chart.js';
import { Notice, Problem, Screen, Silence, useEscape } from '../ui/controls.js';
import { DataTable } from '../ui/table.js';
import { percent, ratio } from '../ui/text.js';

type Card = Extract<CardAnswer, { kind: 'card' }>;

const card = signal<Card | undefined>(undefined);
const problem = signal('');
const running = signal<Running | undefined>(undefined);
/** Seconds without an answer, where there are many: some losses take a minute. */
const silence = signal(0);
const place = signal<'worker' | 'page'>('worker');

const EXAMPLES = [
  'ce + 0.5*l1(temperature=10)',
  'focal',
  'lovasz',
  'boundary-dou',
  `${FORMULA} 1 - (2*overlap + 1)/(target + predicted + 1)`,
];
const FAMILY_NAMES: Partial<Record<ProfileFamily, string>> = {
  uniform: 'Same probability everywhere',
  noise: 'Calibrated noise',
};

const WORK: Work<CardRequest, CardAnswer> = {
  create: () => new Worker(new URL('../workers/card.worker.ts', import.meta.url), { type: 'module' }),
  inPage: async (request, answer) => (await import('../core/card-run.js')).runCard(request, answer),
  isLast: () => true,
  failed: asError,
};

function measure(): void {
  card.value = undefined;
  problem.value = '';
  const receive = (answer: CardAnswer) => {
    running.value = undefined;
    if (answer.kind === 'error') problem.value = answer.message;
    else {
      card.value = answer;
      said.value = `Measured ${answer.spec}.`;
    }
  };
  const request = { spec: specOf(state.value.card) };
  running.value = startWork(WORK, request, {
    answer: receive,
    place: (where) => (place.value = where),
    silence: (seconds) => (silence.value = seconds),
  });
}

function stop(): void {
  running.value?.stop();
  running.value = undefined;
}

/** Which sizes any loss prefers, measured by the library. */
export function CardView() {
  const id = useId();
  useEscape(stop);
  return (
    <Screen
      controls={
        <form
          class="add"
          style="border: 0; margin: 0; padding: 0"
          onSubmit={(event) => {
            event.preventDefault();
            if (running.value) stop();
            else measure();
          }}
        >
          <label for={id}>Spec or formula</label>
          <textarea
            id={id}
            spellcheck={false}
            maxLength={400}
            value={state.value.card}
            onInput={(event) => update({ card: event.currentTarget.value })}
          />
          <small>
            Any spec of the library, or after <code>formula:</code> a formula of <code>overlap</code>,{' '}
            <code>predicted</code>, <code>target</code> and <code>count</code>.
          </small>
          <button type="submit" class="primary" id="measure">
            {running.value ? 'Stop' : 'Measure'}
          </button>
          <div class="segments examples" role="group" aria-label="Examples">
            {EXAMPLES.map((spec) => (
              <button key={spec} type="button" class="quiet-button" onClick={() => update({ card: spec })}>
                {spec.replace(FORMULA, '').trim()}
              </button>
            ))}
          </div>
        </form>
      }
    >
      {place.value === 'page' && (
        <p class="note" id="place">
          No worker here: the page measures itself, and does not answer meanwhile.
        </p>
      )}
      {silence.value >= 60 && <Silence seconds={silence.value} />}
      <Problem>{problem.value}</Problem>
      {card.value ? <Result {...card.value} /> : <Explain />}
    </Screen>
  );
}

function Explain() {
  return (
    <>
      <Notice>
        <p>
          {running.value
            ? 'Measuring value, gradient and marginal force. The library is loaded the first time; some losses take a minute.'
            : 'The other screens use closed forms. This one measures the loss itself, with the library: any loss, and yours.'}
        </p>
      </Notice>
      <div class="card empty">
        <p>
          <strong>{running.value ? 'Measuring:' : 'Press Measure to see:'}</strong>
        </p>
        <ul>
          <li>the loss over the predicted size, for three true sizes</li>
          <li>the predicted size at which it is least, over the true size</li>
          <li>which volume it prefers where annotators disagree on the place of a region</li>
          <li>anything wrong with the loss, in a sentence each</li>
        </ul>
      </div>
    </>
  );
}

function Result({ spec, profile }: Card) {
  const { families, findings, posterior } = profile;
  const [shifted] = posterior;
  const shares = [...new Set(families.map(({ q }) => q))];
  return (
    <>
      <Notice>
        <p>
          <code>{spec}</code>
          {shifted
            ? `: where five annotators put a disc at five places, the best prediction has ${ratio(shifted.softRatio)} times the mean of their volumes.`
            : ' was measured.'}
        </p>
      </Notice>
      {findings.length > 0 && (
        <ul class="note">
          {findings.slice(0, 6).map(({ message }, i) => (
            <li key={i}>{message}</li>
          ))}
        </ul>
      )}
      <div class="card">
        <LineFigure
          file="segloss-card"
          chart={{
            title: 'The whole loss over the predicted size, less its minimum',
            description: `${spec}, for true sizes of ${shares.map((q) => percent(q)).join(', ')}.`,
            x: { label: 'predicted size p', scale: 'log' },
            y: { label: 'value less its minimum' },
            height: 340,
            series: families
              .filter(({ family }) => family === 'uniform')
              .map(({ q, p, value }, look) => {
                const least = Math.min(...value.filter((one): one is number => one !== null));
                return {
                  name: `q = ${percent(q)}`,
                  look,
                  points: p.map((x, i) => [x, value[i] === null ? NaN : value[i]! - least] as const),
                  dots: [],
                };
              }),
          }}
        />
      </div>
      <DataTable
        id="card-minima"
        label="Minima, measured"
        caption="Predicted size at which the loss is least, over the true size"
        columns={['Prediction', ...shares.map((q) => `q = ${percent(q)}`)]}
        note="1 is the true size, 0 no region at all. The command segloss loss card measures more, and writes it as a page."
      >
        {(['uniform', 'noise'] as const).map((family) => (
          <tr key={family} data-family={family}>
            <th scope="row">{FAMILY_NAMES[family]}</th>
            {shares.map((q) => {
              const least = families.find((one) => one.family === family && one.q === q)?.minimizer;
              return <td key={q}>{least ? (least.edge === 'low' ? '0' : ratio(least.p / q)) : 'n/a'}</td>;
            })}
          </tr>
        ))}
      </DataTable>
    </>
  );
}
