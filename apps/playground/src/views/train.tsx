import { signal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';

import type { TrainReport } from '../core/train-job.js';
import { nameOf, OFFERED, said, specOf, state, update } from '../state/state.js';
import { LineFigure, save } from '../ui/chart.js';
import { Choice, Notice, Screen, Slider } from '../ui/controls.js';
import { paintBytes } from '../ui/paint.js';
import { ratio } from '../ui/text.js';
import type { TrainAnswer, TrainRequest } from '../workers/train.worker.js';

type Start = Extract<TrainAnswer, { kind: 'start' }>;
type Done = Extract<TrainAnswer, { kind: 'done' }>;

const data = signal<'synthetic' | 'nuclei'>('synthetic');
const start = signal<Start | undefined>(undefined);
const reports = signal<readonly TrainReport[]>([]);
const done = signal<Done | undefined>(undefined);
const problem = signal('');
const trained = signal('');
let worker: Worker | undefined;
const running = signal(false);

function stop(): void {
  worker?.terminate();
  worker = undefined;
  running.value = false;
}

function run(): void {
  stop();
  start.value = undefined;
  reports.value = [];
  done.value = undefined;
  problem.value = '';
  const { train, epochs, seed } = state.value;
  trained.value = train;
  const request: TrainRequest = {
    settings: { spec: specOf(train), epochs, seed },
    data: data.value,
    wasm: new URL('./tfjs/', document.baseURI).href,
  };
  try {
    worker = new Worker(new URL('../workers/train.worker.ts', import.meta.url), { type: 'module' });
  } catch {
    problem.value =
      'Training needs web workers, which this browser does not have. The other screens work without.';
    return;
  }
  running.value = true;
  worker.onmessage = ({ data: answer }: MessageEvent<TrainAnswer>) => receive(answer);
  worker.onerror = ({ message }) =>
    receive({ kind: 'error', message: message || 'the worker could not start' });
  worker.postMessage(request);
}

function receive(answer: TrainAnswer): void {
  if (answer.kind === 'start') start.value = answer;
  if (answer.kind === 'epoch') {
    reports.value = [...reports.value, answer.report];
    said.value = `Epoch ${answer.report.epoch + 1}: p/q ${ratio(answer.report.soft)} soft, ${ratio(answer.report.hard)} hard.`;
  }
  if (answer.kind === 'done') {
    done.value = answer;
    stop();
  }
  if (answer.kind === 'error') {
    problem.value = `Training stopped: ${answer.message}`;
    stop();
  }
}

/** A U-Net that is trained in the page. */
export function TrainView() {
  const { train, epochs, seed } = state.value;
  const id = useId();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && stop();
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <Screen
      controls={
        <>
          <div class="field">
            <label for={id}>Loss</label>
            <input
              class="wide"
              id={id}
              type="text"
              list={`${id}-specs`}
              spellcheck={false}
              value={train}
              onChange={(event) => update({ train: event.currentTarget.value })}
            />
            <datalist id={`${id}-specs`}>
              {OFFERED.map(({ spec }) => (
                <option key={spec} value={spec} />
              ))}
            </datalist>
            <small>Any spec of the library.</small>
          </div>
          <Choice
            label="Images"
            value={data.value}
            choices={[['synthetic', 'Rare regions'], ['nuclei', 'Nuclei']]} // prettier-ignore
            onChange={(value) => (data.value = value)}
          />
          <Slider
            label="Epochs"
            value={epochs}
            min={1}
            max={30}
            step={1}
            onChange={(value) => update({ epochs: Math.round(value) })}
          />
          <Slider
            label="Seed"
            value={seed}
            min={0}
            max={99}
            step={1}
            onChange={(value) => update({ seed: Math.round(value) })}
          />
          <p class="small">
            A U-Net of 29 thousand weights, trained in this page with WebAssembly. The same seed gives the
            same weights as in Node, to the last bit.
          </p>
        </>
      }
    >
      <div class="card run-bar">
        <button type="button" class="primary" id="train-run" onClick={() => (running.value ? stop() : run())}>
          {running.value ? 'Stop' : 'Train'}
        </button>
        <progress aria-label="Epochs" max={epochs} value={reports.value.length} />
        <span id="train-epochs">
          {reports.value.length} / {epochs} epochs
        </span>
        {start.value && <small>WebAssembly, one thread</small>}
      </div>
      {problem.value && (
        <p class="note" role="alert" id="problem">
          {problem.value}
        </p>
      )}
      {reports.value.length === 0 ? (
        <Notice>
          <p>
            {running.value
              ? 'The first epoch takes the longest.'
              : 'Train a network with one loss, then with another, on images it has to find small regions in. Watch predicted over true size.'}
          </p>
        </Notice>
      ) : (
        <Progress />
      )}
      {start.value && <Images />}
    </Screen>
  );
}

function Progress() {
  const last = reports.value.at(-1)!;
  const points = (of: 'soft' | 'hard') =>
    reports.value.map((one) => [one.epoch + 1, Math.max(0.01, one[of])] as const);
  return (
    <>
      <Notice>
        <p>
          {nameOf(trained.value)}, epoch {last.epoch + 1}: the predicted size is {ratio(last.soft)} times the
          true one by probabilities, {ratio(last.hard)} times by the mask. Dice score {last.dice.toFixed(3)}.
        </p>
      </Notice>
      <div
        class="card"
        id="train-report"
        data-loss={last.loss}
        data-soft={last.soft}
        data-hard={last.hard}
        data-hash={done.value?.hash}
      >
        <LineFigure
          file="segloss-train"
          chart={{
            title: 'Predicted / true size of the validation images',
            description: `Soft ${ratio(last.soft)}, hard ${ratio(last.hard)} after ${last.epoch + 1} epochs.`,
            x: { label: 'epoch', domain: [1, Math.max(2, state.value.epochs)] },
            y: { label: 'p/q', scale: 'log' },
            height: 300,
            marks: [{ y: 1, label: '1: the true size' }],
            series: [
              { name: 'soft: probabilities summed', look: 0, points: points('soft') },
              { name: 'hard: pixels counted', look: 1, points: points('hard') },
            ],
          }}
        />
        {done.value && (
          <p class="run-bar">
            <button type="button" onClick={() => save('model.json', done.value!.model, 'application/json')}>
              Download model.json
            </button>
            <button
              type="button"
              onClick={() => save('weights.bin', done.value!.weights, 'application/octet-stream')}
            >
              weights.bin
            </button>
            <small>
              Weights <code id="train-hash">{done.value.hash.slice(0, 16)}</code>
            </small>
          </p>
        )}
      </div>
    </>
  );
}

function Images() {
  const { images, truths, size } = start.value!;
  const previews = reports.value.at(-1)?.previews;
  return (
    <div class="card">
      <div class="strips">
        {images.map((image, i) => (
          <div class="strip" key={i}>
            <Tile label={`Image ${i + 1}`} size={size} values={image} />
            <Tile label={`Truth ${i + 1}`} size={size} values={truths[i]!} />
            <Tile
              label={`Prediction ${i + 1}`}
              size={size}
              values={previews?.[i] ?? new Uint8Array(size * size)}
            />
          </div>
        ))}
      </div>
      <p class="small">Validation images: the image, its true mask, the predicted probabilities.</p>
    </div>
  );
}

function Tile({ label, size, values }: { label: string; size: number; values: Uint8Array }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => paintBytes(ref.current!.getContext('2d')!, values));
  return <canvas ref={ref} width={size} height={size} role="img" aria-label={label} />;
}
