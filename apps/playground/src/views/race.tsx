import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { RaceDriver, type RaceFrame, type RaceRequest } from '../core/race-driver.js';
import { STEPS, type RaceSettings, type Standing } from '../core/race.js';
import { lookOf, nameOf, said, state, update, type State } from '../state/state.js';
import { LineFigure } from '../ui/chart.js';
import { Choice, LossPicker, Notice, Screen, Slider, Swatch } from '../ui/controls.js';
import { paintBytes } from '../ui/paint.js';
import { Predict } from '../ui/predict.js';
import { mean, percent, ratio } from '../ui/text.js';

const SEEDS = 5;

const PRESETS: readonly { readonly name: string; readonly more: Partial<State> }[] = [
  { name: 'Rare & clear', more: { q: 0.01, separability: 3, losses: ['ce', 'dice', 'ce + l1'] } },
  { name: 'Rare & blurry', more: { q: 0.005, separability: 1.5, losses: ['ce', 'dice', 'ce + l1'] } },
  {
    name: 'Inverse weights',
    more: { q: 0.01, separability: 3, losses: ['ce', 'ce(classWeights=inverse)', 'ce + l1'] },
  },
  { name: 'Focal', more: { q: 0.01, separability: 3, losses: ['ce', 'focal', 'ce + l1'] } },
  { name: 'Balanced', more: { q: 0.6, separability: 3, losses: ['ce', 'dice', 'ce + l1', 'focal'] } },
  {
    name: 'Dice collapses',
    more: { q: 0.003, separability: 0.7, losses: ['dice', 'dice + 10*l1', 'ce + l1'] },
  },
];

interface Result {
  readonly settings: RaceSettings;
  readonly frame: RaceFrame;
  readonly history: readonly { readonly steps: number; readonly standings: readonly Standing[] }[];
}

const result = signal<Result | undefined>(undefined);
const running = signal(false);
/** Where the steps are made: in a worker, or in the page where there are none. */
const place = signal<'worker' | 'page'>('worker');

let worker: Worker | undefined;
let driver: RaceDriver | undefined;

function settingsOf({ losses, size, q, separability, seed }: State): RaceSettings {
  return { specs: losses, size, q, separability, seed, seeds: SEEDS };
}

const sameRace = (a: RaceSettings, b: RaceSettings) => JSON.stringify(a) === JSON.stringify(b);

function request(message: RaceRequest): void {
  if (place.value === 'worker' && worker === undefined) {
    try {
      worker = new Worker(new URL('../workers/race.worker.ts', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }: MessageEvent<RaceFrame>) => receive(data);
      worker.onerror = () => inPage(message);
    } catch {
      return inPage(message);
    }
  }
  if (worker !== undefined) worker.postMessage(message);
  else inPage(message);
}

/** Without workers the page makes the steps itself, in slices that leave it usable. */
function inPage(message: RaceRequest): void {
  place.value = 'page';
  worker = undefined;
  if (message.kind === 'start') driver = new RaceDriver(message.settings);
  setTimeout(() => {
    if (driver === undefined) return;
    receive(message.kind === 'step' ? driver.advance(1, 0) : driver.advance(message.until, 8));
  });
}

let current: RaceSettings | undefined;

function start(until: number): void {
  const settings = settingsOf(state.value);
  if (settings.specs.length === 0) return;
  const known = result.value;
  const continues = known !== undefined && sameRace(known.settings, settings) && known.frame.steps < STEPS;
  running.value = true;
  if (continues) return request({ kind: 'run', until });
  current = settings;
  result.value = undefined;
  request({ kind: 'start', settings, until });
}

let spoken = 0;

function receive(frame: RaceFrame): void {
  if (current === undefined) return;
  result.value = {
    settings: current,
    frame,
    history: [...(result.value?.history ?? []), ...frame.added],
  };
  const done = frame.steps >= STEPS;
  if (done) running.value = false;
  if (done || performance.now() - spoken > 2000) {
    spoken = performance.now();
    said.value = `Step ${frame.steps}. ${sentence(current, frame)}`;
  }
  if (running.value) requestAnimationFrame(() => running.value && request({ kind: 'run', until: STEPS }));
}

const sentence = ({ specs }: RaceSettings, { standings }: RaceFrame) =>
  standings
    .map(({ soft, hard }, i) => `${nameOf(specs[i]!)}: ${ratio(mean(soft))} soft, ${ratio(mean(hard))} hard.`)
    .join(' ');

const stop = () => (running.value = false);

/** Forgets the race. */
function reset(): void {
  stop();
  worker?.terminate();
  worker = undefined;
  driver = undefined;
  current = undefined;
  result.value = undefined;
}

/** The same classifier, the same start, several losses. */
export function RaceView() {
  const { q, separability, seed, size, losses } = state.value;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && stop();
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
      stop();
    };
  }, []);
  const stale = result.value !== undefined && !sameRace(result.value.settings, settingsOf(state.value));
  return (
    <Screen
      controls={
        <>
          <fieldset class="presets">
            <legend>Presets</legend>
            <div class="segments">
              {PRESETS.map(({ name, more }) => (
                <button
                  key={name}
                  type="button"
                  onClick={() => {
                    reset();
                    update(more);
                  }}
                >
                  {name}
                </button>
              ))}
            </div>
          </fieldset>
          <LossPicker />
          <Slider
            label="True size q"
            value={q}
            min={0.002}
            max={0.7}
            log
            percent
            onChange={(value) => update({ q: value })}
          />
          <Slider
            label="Separability d"
            value={separability}
            min={0.5}
            max={6}
            step={0.1}
            hint="Distance of foreground and background intensities, in standard deviations."
            onChange={(value) => update({ separability: value })}
          />
          <Slider
            label="First seed"
            value={seed}
            min={0}
            max={99}
            step={1}
            onChange={(value) => update({ seed: Math.round(value) })}
          />
          <Choice
            label="Image"
            value={String(size)}
            choices={[['64', '64 × 64'], ['128', '128 × 128']]} // prettier-ignore
            onChange={(value) => update({ size: Number(value) })}
          />
        </>
      }
    >
      <div class="card run-bar">
        <button
          type="button"
          class="primary"
          id="race-run"
          disabled={losses.length === 0}
          onClick={() => (running.value ? stop() : start(STEPS))}
        >
          {running.value
            ? 'Pause'
            : result.value && !stale && result.value.frame.steps > 0 && result.value.frame.steps < STEPS
              ? 'Continue'
              : 'Run'}
        </button>
        <button
          type="button"
          disabled={running.value || losses.length === 0}
          onClick={() => {
            start((result.value && !stale ? result.value.frame.steps : 0) + 1);
            running.value = false;
          }}
        >
          Step
        </button>
        <button type="button" onClick={reset}>
          Reset
        </button>
        <progress aria-label="Steps" max={STEPS} value={result.value?.frame.steps ?? 0} />
        <span id="race-steps">
          {result.value?.frame.steps ?? 0} / {STEPS} steps
        </span>
        {place.value === 'page' && <small>No worker here: the page makes the steps itself.</small>}
      </div>
      {stale && <p class="note">The settings have changed; run again to see their race.</p>}
      {result.value === undefined ? <Before /> : <Standings {...result.value} />}
    </Screen>
  );
}

function Before() {
  return (
    <>
      <Notice>
        <p>
          One image, a pixel classifier with two weights, {SEEDS} seeds for each loss: same pixels, same
          start, same steps. The losses alone decide how large the region becomes.
        </p>
      </Notice>
      <Predict
        question="Preset “Rare & clear”: a region of 1 %, well separated. After training with Dice, how large is the mask that it draws?"
        options={['About 0.8 of the true size', 'Exactly the true size', 'Twice the true size']}
        answer={0}
        because="Dice draws clear small regions too small, and blurry ones by chance too large or too small: its seeds differ the most. Run it, then try “Rare & blurry”."
      />
    </>
  );
}

function Standings({ settings, frame, history }: Result) {
  const { specs, q } = settings;
  const range = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;
  const floor = (value: number) => Math.max(value, 0.01);
  const series = specs.flatMap((spec, i) => {
    const look = lookOf(spec);
    const soft = history.map(({ steps, standings }) => [steps, standings[i]!.soft] as const);
    const hard = history.map(({ steps, standings }) => [steps, standings[i]!.hard] as const);
    return [
      {
        name: `${nameOf(spec)}, soft`,
        look,
        dash: '0',
        points: soft.map(([x, all]) => [x, floor(mean(all))] as const),
        band: soft.map(([x, all]) => [x, ...range(all).map(floor)] as [number, number, number]),
      },
      {
        name: `${nameOf(spec)}, hard`,
        look,
        dash: '5 4',
        points: hard.map(([x, all]) => [x, floor(mean(all))] as const),
      },
    ];
  });
  return (
    <>
      <Notice>
        <p>{noticeOf(settings, frame)}</p>
      </Notice>
      <div class="card">
        <div class="tiles race-tiles">
          <Tile name="Image" size={settings.size} values={frame.image} />
          <Tile
            name="Truth"
            detail={`q = ${percent(q)}`}
            size={settings.size}
            values={frame.truth.map((one) => 255 * one)}
          />
          {specs.map((spec, i) => (
            <Tile
              key={spec}
              name={nameOf(spec)}
              spec={spec}
              detail="first seed"
              size={settings.size}
              values={frame.masks[i]!}
            />
          ))}
        </div>
      </div>
      <div class="card">
        <LineFigure
          file="segloss-race"
          chart={{
            title: 'Predicted / true size, mean and range of five seeds',
            description: sentence(settings, frame),
            x: { label: 'step', domain: [0, STEPS] },
            y: { label: 'p/q', scale: 'log' },
            height: 340,
            marks: [{ y: 1, label: '1: the true size' }],
            series,
          }}
        />
      </div>
      <div class="card">
        <div class="scroll" tabIndex={0} role="region" aria-label="Standings">
          <table class="data" id="standings">
            <caption>
              After {frame.steps} steps: means of {SEEDS} seeds, and their range
            </caption>
            <thead>
              <tr>
                <th scope="col">Loss</th>
                <th scope="col">Soft p/q</th>
                <th scope="col">Hard p/q</th>
                <th scope="col">Range, hard</th>
                <th scope="col">Dice score</th>
              </tr>
            </thead>
            <tbody>
              {specs.map((spec, i) => {
                const { soft, hard, dice } = frame.standings[i]!;
                return (
                  <tr key={spec} data-spec={spec} data-soft={mean(soft)} data-hard={mean(hard)}>
                    <th scope="row">
                      <Swatch spec={spec} /> {nameOf(spec)}
                    </th>
                    <td>{ratio(mean(soft))}</td>
                    <td>{ratio(mean(hard))}</td>
                    <td>{range(hard).map(ratio).join(' to ')}</td>
                    <td>{mean(dice).toFixed(3)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
        <p class="small">
          Soft: probabilities summed. Hard: pixels above one half. A loss can have the one right and the other
          wrong; the L1 term repairs the soft size exactly, not the hard mask of a tiny region.
        </p>
      </div>
    </>
  );
}

function noticeOf({ specs }: RaceSettings, { standings, steps }: RaceFrame): string {
  if (steps < STEPS)
    return `Step ${steps}: watch the bands; wide ones mean that the seed decides, not the loss.`;
  const words = standings.map(({ soft, hard }, i) => {
    const [s, h] = [mean(soft), mean(hard)];
    const name = nameOf(specs[i]!);
    if (Math.abs(s - 1) < 0.05 && h < 0.1)
      return `${name}: the soft size is right, and its mask is all but empty`;
    if (h > 1.1) return `${name} draws ${ratio(h)} times the true size`;
    if (h < 0.9) return `${name} draws ${ratio(h)} of the true size`;
    return `${name} draws ${ratio(h)} times the true size, about right`;
  });
  return `${words.join('; ')}.`;
}

function Tile({
  name,
  detail,
  size,
  values,
  spec,
}: {
  name: string;
  detail?: string;
  size: number;
  values: Uint8Array;
  spec?: string;
}) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => paintBytes(ref.current!.getContext('2d')!, values));
  return (
    <figure class="tile">
      <canvas ref={ref} width={size} height={size} role="img" aria-label={name} />
      <figcaption>
        <strong>
          {spec && <Swatch spec={spec} />} {name}
        </strong>
        <span>{detail}</span>
      </figcaption>
    </figure>
  );
}
