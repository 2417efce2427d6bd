import { signal } from '@preact/signals';

import { RaceDriver, SLICE, type RaceFrame, type RaceRequest } from '../../core/race-driver.js';
import { STEPS, type RaceSettings, type Standing } from '../../core/race.js';

/** What the chart and the table show of a race. */
export interface Result {
  readonly settings: RaceSettings;
  readonly steps: number;
  readonly standings: readonly Standing[];
  readonly history: readonly { readonly steps: number; readonly standings: readonly Standing[] }[];
}

/** Milliseconds between two drawings of the chart and the table; the images follow every frame of the screen. */
const CHART_EVERY = 150;
/** Milliseconds between two drawings of anything where less motion is wanted. */
const CALM_EVERY = 1000;

/** The newest images of the race. */
export const frame = signal<RaceFrame | undefined>(undefined);
export const result = signal<Result | undefined>(undefined);
export const running = signal(false);
/** Why the race has broken off, if it has. */
export const problem = signal('');
/** Where the steps are computed: in a worker, or in the page without worker support. */
export const place = signal<'worker' | 'page'>('worker');

let worker: Worker | undefined;
let driver: RaceDriver | undefined;
let current: RaceSettings | undefined;
let goal = STEPS;
/** Whether a slice is being computed: there is never more than one. */
let asked = false;
let added: Result['history'][number][] = [];
/** The frame that the next drawing shows. */
let next: RaceFrame | undefined;
let drawn = { frame: -Infinity, chart: -Infinity };

export const sameRace = (a: RaceSettings, b: RaceSettings) => JSON.stringify(a) === JSON.stringify(b);

/** Runs a race to a number of steps; continues where the same race has stopped before. */
export function start(settings: RaceSettings, until: number): void {
  if (settings.specs.length === 0 || running.value) return;
  problem.value = '';
  const known = result.value;
  const continues = known !== undefined && sameRace(known.settings, settings) && known.steps < STEPS;
  goal = until;
  running.value = true;
  drawn = { frame: -Infinity, chart: -Infinity };
  if (continues) {
    // Paused a moment ago: the slice that is on its way asks for the next one.
    if (!asked) request({ until });
    return;
  }
  current = settings;
  result.value = undefined;
  frame.value = undefined;
  added = [];
  next = undefined;
  request({ settings, until });
}

/** Stops after the slice that is running. */
export function stop(): void {
  running.value = false;
}

/** Forgets the race. */
export function reset(): void {
  stop();
  worker?.terminate();
  worker = undefined;
  driver = undefined;
  current = undefined;
  next = undefined;
  asked = false;
  added = [];
  problem.value = '';
  result.value = undefined;
  frame.value = undefined;
}

function request(message: RaceRequest): void {
  asked = true;
  if (place.value === 'page') return inPage(message);
  try {
    worker ??= newWorker(message);
  } catch {
    return inPage(message);
  }
  worker.postMessage(message);
}

function newWorker(first: RaceRequest): Worker {
  const made = new Worker(new URL('../../workers/race.worker.ts', import.meta.url), { type: 'module' });
  made.onmessage = ({ data }: MessageEvent<RaceFrame>) => receive(data);
  made.onmessageerror = () => breakOff('an answer of its worker cannot be read');
  made.onerror = (event) => {
    event.preventDefault();
    worker = undefined;
    if (current !== undefined) inPage({ settings: current, ...first });
  };
  return made;
}

/** Without workers the page makes the steps itself, in slices that leave it usable. */
function inPage({ settings, until }: RaceRequest): void {
  place.value = 'page';
  try {
    if (settings !== undefined) driver = new RaceDriver(settings);
  } catch (error) {
    return breakOff((error as Error).message);
  }
  const mine = driver;
  setTimeout(() => {
    if (mine === undefined || mine !== driver) return;
    try {
      receive(mine.advance(until, SLICE.page));
    } catch (error) {
      breakOff((error as Error).message);
    }
  });
}

/** Ends a race that cannot be continued, and says why. */
function breakOff(reason: string): void {
  reset();
  problem.value = `The race broke off: ${reason}.`;
}

/** Takes a slice. The worker begins the next one while this one is drawn. */
function receive(slice: RaceFrame): void {
  asked = false;
  if (current === undefined) return;
  const waiting = next !== undefined;
  added.push(...slice.added);
  next = slice;
  const more = running.value && slice.steps < goal;
  if (!more) running.value = false;
  if (more && place.value === 'worker') request({ until: goal });
  if (!waiting) requestAnimationFrame(() => draw(more && place.value === 'page'));
}

function draw(asks: boolean): void {
  const [slice, settings] = [next, current];
  if (slice === undefined || settings === undefined) return;
  next = undefined;
  if (asks && running.value && !asked) request({ until: goal });
  const now = performance.now();
  const last = !running.value;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (last || now - drawn.frame >= (calm ? CALM_EVERY : 0)) {
    frame.value = slice;
    drawn.frame = now;
  }
  if (last || now - drawn.chart >= (calm ? CALM_EVERY : CHART_EVERY)) {
    const { steps, standings } = slice;
    result.value = { settings, steps, standings, history: [...(result.value?.history ?? []), ...added] };
    added = [];
    drawn.chart = now;
  }
}
