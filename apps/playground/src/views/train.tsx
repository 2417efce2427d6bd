import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { ChosenFolder } from '../core/analyze-request.js';
import { gpuHere, type Gpu } from '../core/gpu.js';
import { threadsHere } from '../core/threads.js';
import type { TrainReport } from '../core/train-job.js';
import type { TrainAnswer, TrainRequest } from '../core/train-run.js';
import { asError, startWork, type Running, type Work } from '../core/worker.js';
import { nameOf, OFFERED, said, specOf, state, update } from '../state/state.js';
import { LineFigure, save } from '../ui/chart.js';
import {
  Choice,
  Notice,
  Problem,
  Screen,
  SeedSlider,
  Silence,
  Slider,
  TextField,
  useEscape,
} from '../ui/controls.js';
import { Drop } from '../ui/drop.js';
import { paintBytes } from '../ui/paint.js';
import { Picture } from '../ui/picture.js';
import { ratio, score } from '../ui/text.js';

type Start = Extract<TrainAnswer, { kind: 'start' }>;
type Done = Extract<TrainAnswer, { kind: 'done' }>;

const data = signal<'synthetic' | 'nuclei' | 'own'>('synthetic');
const images = signal<ChosenFolder | undefined>(undefined);
const masks = signal<ChosenFolder | undefined>(undefined);
const start = signal<Start | undefined>(undefined);
const reports = signal<readonly TrainReport[]>([]);
const done = signal<Done | undefined>(undefined);
const problem = signal('');
const trained = signal('');
const running = signal<Running | undefined>(undefined);
const place = signal<'worker' | 'page'>('worker');
const phase = signal('');
/** Seconds without an answer, where there are many. */
const silence = signal(0);
/** The GPU of this browser, once it has answered. */
const gpu = signal<Gpu | undefined>(undefined);

const WORK: Work<TrainRequest, TrainAnswer> = {
  create: () => new Worker(new URL('../workers/train.worker.ts', import.meta.url), { type: 'module' }),
  inPage: async (...all) => (await import('../core/train-run.js')).runTraining(...all),
  isLast: ({ kind }) => kind === 'done' || kind === 'error',
  failed: asError,
};

function stop(): void {
  running.value?.stop();
  running.value = undefined;
  phase.value = '';
}

/** What to train with, or a sentence that says what is missing. */
function chosenData(): TrainRequest['data'] | Error {
  if (data.value !== 'own') return data.value;
  if (images.value === undefined || masks.value === undefined)
    return new Error('Choose a folder of images and one of their masks.');
  return { images: images.value, masks: masks.value };
}

function run(): void {
  stop();
  start.value = undefined;
  reports.value = [];
  done.value = undefined;
  const chosen = chosenData();
  problem.value = chosen instanceof Error ? chosen.message : '';
  if (chosen instanceof Error) return;
  const { train, epochs, seed, backend } = state.value;
  trained.value = train;
  phase.value = 'Starting';
  const request: TrainRequest = {
    settings: { spec: specOf(train), epochs, seed },
    data: chosen,
    backend,
    wasm: new URL('./tfjs/', document.baseURI).href,
    threads: threadsHere(),
  };
  running.value = startWork(WORK, request, {
    answer: receive,
    place: (where) => (place.value = where),
    silence: (seconds) => (silence.value = seconds),
  });
}

function receive(answer: TrainAnswer): void {
  if (answer.kind === 'phase') phase.value = answer.text;
  if (answer.kind === 'start') {
    start.value = answer;
    reports.value = [];
  }
  if (answer.kind === 'epoch') {
    reports.value = [...reports.value, answer.report];
    said.value = `Epoch ${answer.report.epoch + 1}: p/q ${ratio(answer.report.soft)} soft, ${ratio(answer.report.hard)} hard.`;
  }
  if (answer.kind === 'done') done.value = answer;
  if (answer.kind === 'error') {
    problem.value = `Training stopped: ${answer.message}`;
    if (reports.value.length === 0) start.value = undefined; // images without a prediction
  }
  if (answer.kind === 'done' || answer.kind === 'error') {
    running.value = undefined;
    phase.value = '';
  }
}

/** A U-Net that is trained in the page. */
export function TrainView() {
  const { train, epochs, seed } = state.value;
  useEscape(stop);
  useEffect(() => void (gpu.value ?? gpuHere().then((found) => (gpu.value = found))), []);
  return (
    <Screen
      controls={
        <>
          <TextField
            label="Loss"
            value={train}
            offered={OFFERED.map(({ spec }) => spec)}
            hint="Any spec of the library."
            onInput={(text) => update({ train: text })}
          />
          <Choice
            label="Images"
            value={data.value}
            choices={[['synthetic', 'Rare regions'], ['nuclei', 'Nuclei'], ['own', 'Your own']]} // prettier-ignore
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
          <SeedSlider label="Seed" value={seed} />
          <ComputesOn />
          <p class="small">
            A U-Net of 29 thousand weights, trained in this page. With WebAssembly the same seed gives the
            same weights as in Node, bit for bit.
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
        <small id="train-backend">{whereOf(start.value)}</small>
        <small id="train-phase">{phase.value}</small>
      </div>
      <Silence seconds={silence.value} />
      {data.value === 'own' && <OwnImages />}
      <Problem>{problem.value}</Problem>
      {start.value?.remarks.map((remark) => (
        <p class="note" key={remark}>
          {remark}
        </p>
      ))}
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

/** On what to train: a choice where there is a GPU, else the reason why there is none. */
function ComputesOn() {
  const found = gpu.value;
  const { backend } = state.value;
  if (found === undefined || 'missing' in found) {
    return (
      <p class="small" id="train-gpu">
        <strong>Computes on the processor.</strong>{' '}
        {found === undefined ? 'Looking for a GPU …' : `No WebGPU: ${found.missing}.`}
      </p>
    );
  }
  const { name, software } = found.adapter;
  return (
    <div class="field">
      <Choice
        label="Computes on"
        value={backend}
        choices={[['auto', 'The faster one'], ['wasm', 'WebAssembly'], ['webgpu', 'WebGPU']]} // prettier-ignore
        onChange={(value) => update({ backend: value })}
      />
      <small id="train-gpu">
        {software
          ? `${name}, the only GPU, is a program on the processor: WebAssembly is faster.`
          : `${name}. Before it trains, its first steps are compared with those of WebAssembly.`}
      </small>
    </div>
  );
}

/** What computes, in words. */
function whereOf(started: Start | undefined): string {
  if (started === undefined) return '';
  const backend = backendInWords(started.backend);
  return place.value === 'worker'
    ? backend
    : `${backend} No worker here: the page trains itself, and answers late.`;
}

function backendInWords({ name, threads, adapter, reason }: Start['backend']): string {
  if (name === 'webgpu') return `WebGPU, ${adapter}.`;
  if (name === 'wasm') return `WebAssembly, ${threads === 1 ? 'one thread' : `${threads} threads`}.`;
  return `No WebAssembly here (${reason}): plain JavaScript, many times slower.`;
}

function OwnImages() {
  const onProblem = (message: string) => (problem.value = message);
  return (
    <div class="card">
      <div class="drops">
        <Drop
          label="Images"
          id="own-images"
          chosen={images.value ? [images.value] : []}
          onFolder={(folder) => (images.value = folder)}
          onProblem={onProblem}
          onClear={() => (images.value = undefined)}
        />
        <Drop
          label="Their masks, of the same names"
          id="own-masks"
          chosen={masks.value ? [masks.value] : []}
          onFolder={(folder) => (masks.value = folder)}
          onProblem={onProblem}
          onClear={() => (masks.value = undefined)}
        />
      </div>
      <p class="small">
        PNG, JPEG or TIFF. <strong>Nothing is uploaded.</strong>
      </p>
    </div>
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
          true one by probabilities, {ratio(last.hard)} times by the mask. Dice score {score(last.dice)}.
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
            title: 'Predicted / true size, validation',
            description: `Soft ${ratio(last.soft)}, hard ${ratio(last.hard)} after ${last.epoch + 1} epochs.`,
            x: { label: 'epoch', domain: [1, Math.max(2, state.value.epochs)], whole: true },
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
  const { images: shown, truths, size } = start.value!;
  const empty = new Uint8Array(size * size);
  return (
    <div class="card">
      <div class="strips">
        {shown.map((image, i) => (
          <div class="strip" key={i}>
            <Bytes label={`Image ${i + 1}`} size={size} of={() => image} />
            <Bytes label={`Truth ${i + 1}`} size={size} of={() => truths[i]!} />
            <Bytes
              label={`Prediction ${i + 1}`}
              size={size}
              of={() => reports.value.at(-1)?.previews[i] ?? empty}
            />
          </div>
        ))}
      </div>
      <p class="small">Validation images: the image, its true mask, the predicted probabilities.</p>
    </div>
  );
}

function Bytes({ label, size, of }: { label: string; size: number; of: () => Uint8Array }) {
  return <Picture label={label} size={size} draw={(context) => paintBytes(context, of())} />;
}
