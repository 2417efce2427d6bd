import type { Writable } from 'node:stream';

import type { EpochEvent, RunConfig, RunEvent, RunStartEvent, RunSummary, StepEvent } from '@segloss/trainer';
import { MultiBar, type SingleBar } from 'cli-progress';
import type { Colors } from 'picocolors/types';

import { printable } from '@segloss/common';

import { ratioText, scoreText, shortNumber } from './page/numbers.js';
import { plural } from './page/plural.js';

/** Shows how trainings go on; `finish` leaves the terminal as it was. */
export interface Progress {
  event(event: RunEvent): void;
  /** A run ended; `text` says how. Not needed for a single run. */
  ended(run: string, mark: 'good' | 'bad', text: string): void;
  /** Prints a sentence without disturbing what is on the screen. */
  note(text: string): void;
  finish(): void;
}

/** What a display needs to know before the first event. */
export interface ProgressOptions {
  /** Runs to train; a single one has no name in front of its lines. */
  readonly runs: number;
  /** Runs that are finished already. */
  readonly finished?: number;
  /** Short name of a run, by its id. */
  readonly nameOf?: (run: string) => string;
}

/** Below this share of its true proportion, a class is about to vanish from the predictions. */
const COLLAPSE = 0.1;
const MINUTE = 60_000;

/** The part of a `run.start` event that lines need. */
export type Extent = Pick<RunStartEvent, 'epochs' | 'stepsPerEpoch' | 'classes'>;

/**
 * Returns what is printed of one epoch: loss, learning rate, scores and p/q, predicted over true proportion, soft and hard.
 *
 * @param name Of the run, where there are several; then only the rarest class and classes that vanish are named.
 */
export function epochLine(
  event: EpochEvent,
  { epochs, classes }: Pick<Extent, 'epochs' | 'classes'>,
  { name, mark = (text) => text }: { name?: string | undefined; mark?: (text: string) => string } = {},
): string {
  const { val } = event;
  const present = classes.map((_, k) => k).filter((k) => val.truth[k]! > 0);
  const rarest = present.reduce((a, b) => (val.truth[b]! < val.truth[a]! ? b : a), present[0] ?? 0);
  const vanishes = (k: number) => isVanishing(val, k);
  const ratios = classes.flatMap((one, k) => {
    if (name !== undefined && k !== rarest && !vanishes(k)) return [];
    const text = `${one} ${overTruth(val.soft[k], val.truth[k])}/${overTruth(val.hard[k], val.truth[k])}`;
    return [vanishes(k) ? mark(`${text} COLLAPSING`) : text];
  });
  return [
    ...(name === undefined ? [] : [name]),
    `epoch ${event.epoch + 1}/${epochs}`,
    `loss ${event.loss.toFixed(4)}`,
    `lr ${shortNumber(event.learningRate)}`,
    `val Dice ${scoreText(val.foregroundDice)} IoU ${scoreText(val.foregroundIou)}`,
    `p/q soft/hard: ${ratios.join(', ')}`,
  ].join('  ');
}

/** Says what the ratios of {@link epochLine} are. */
export const RATIO_LEGEND = `p/q is the predicted over the true share of a class, 1 is right; soft sums the probabilities, hard counts the pixels of the mask; COLLAPSING: hard is below ${COLLAPSE}`;

/**
 * Returns what to do about classes that are vanishing from the masks: at most a sentence for those whose probabilities have about the true
 * size, and one for the others.
 *
 * @param event The last epoch. @param has What the configuration has already, and is not advised.
 */
export function sizeAdvice(
  { val }: Pick<EpochEvent, 'val'>,
  classes: readonly string[],
  {
    outputBias = 'zero',
    sizeTerm = false,
  }: { outputBias?: RunConfig['outputBias']; sizeTerm?: boolean } = {},
): string[] {
  const all = classes.flatMap((name, k) => {
    if (!isVanishing(val, k)) return [];
    const soft = val.soft[k]! / val.truth[k]!;
    const hard = val.hard[k]! / val.truth[k]!;
    const found = `${name} has ${ratioText(hard)} of its true size in the masks and ${ratioText(soft)} in the probabilities`; // prettier-ignore
    return [{ found, decodable: soft > 0.5 && soft < 2 }];
  });
  return [true, false].flatMap((decodable) => {
    const [first, ...others] = all.filter((one) => one.decodable === decodable);
    if (first === undefined) return [];
    const more =
      others.length === 0 ? '' : ` (and so ${plural(others.length, 'more class', 'more classes')})`;
    const advice = decodable
      ? 'segloss predict --decode volume makes masks of the size of the probabilities'
      : `train longer, ${outputBias === 'prior' ? '' : 'begin with the true proportions (--set outputBias=prior), '}` +
        (sizeTerm ? 'or raise the learning rate (--learning-rate)' : 'or add a size term (--loss "ce + l1")');
    return [`${first.found}${more}; ${advice}`];
  });
}

const isVanishing = ({ truth, hard }: EpochEvent['val'], k: number): boolean =>
  truth[k]! > 0 && hard[k]! / truth[k]! < COLLAPSE;

/** Predicted over true proportion; `n/a` for a class that is not in the truth. */
function overTruth(predicted = NaN, truth = NaN): string {
  return ratioText(truth > 0 ? predicted / truth : NaN);
}

/** What a run came to, in a few words. */
export function outcomeText({
  status,
  best,
  epochs,
}: Pick<RunSummary, 'status' | 'best' | 'epochs'>): string {
  const value = best?.value;
  const reached =
    best === undefined
      ? ''
      : typeof value === 'number' && !Number.isNaN(value)
        ? `; best ${best.metric} ${scoreText(value)} at epoch ${best.epoch + 1}`
        : `; ${best.metric} was never defined: the last weights, of epoch ${best.epoch + 1}, count as best`;
  return `${status} after ${plural(epochs, 'epoch')}${reached}`;
}

function stepText({ epoch, step, loss }: StepEvent, { epochs, stepsPerEpoch }: Extent): string {
  return `epoch ${epoch + 1}/${epochs}  step ${(step % stepsPerEpoch) + 1}/${stepsPerEpoch}  loss ${loss.toFixed(4)}`;
}

/** One plain line for each epoch and each run, and at least one a minute: for logs, pipes and CI. */
export function plainProgress(
  stream: Writable,
  { runs, nameOf }: ProgressOptions,
  now: () => number = Date.now,
): Progress {
  const extents = new Map<string, Extent>();
  const named = (run: string) => (runs > 1 ? (nameOf?.(run) ?? run) : undefined);
  let last = now();
  let state = 'no update yet';
  // For times without steps, such as a long validation.
  const timer = setInterval(() => print(state), MINUTE);
  timer.unref();
  const print = (text: string): void => {
    last = now();
    timer.refresh();
    stream.write(`${text}\n`);
  };
  return {
    event(event) {
      if (event.type === 'run.start') extents.set(event.run, event);
      const extent = extents.get(event.run);
      if (extent === undefined) return;
      const name = named(event.run);
      if (event.type === 'epoch') print(epochLine(event, extent, { name }));
      if (event.type === 'step') {
        state = `${name === undefined ? '' : `${name}  `}${stepText(event, extent)}`;
        if (now() - last >= MINUTE) print(state); // steps that hold the thread hold the timer too
      }
    },
    ended: (_run, _mark, text) => print(text),
    note: print,
    finish: () => clearInterval(timer),
  };
}

/** Bars that are redrawn in place: one for all runs where there are several, one for each run that trains; lines scroll by above them. */
export function liveProgress(
  stream: Writable & { columns?: number },
  colors: Colors,
  { runs, finished = 0, nameOf }: ProgressOptions,
): Progress {
  const several = runs > 1;
  const bars = makeBars(stream, several ? '{bar} {percentage}%  {text}' : '{bar} {percentage}%  {text}  {eta_formatted} left'); // prettier-ignore
  const width = () => Math.max(10, (stream.columns ?? 80) - 26);
  const fit = (text: string) => (text.length > width() ? `${text.slice(0, width() - 1)}…` : text);
  const total = several ? bars.create(runs, finished, { text: `${finished} of ${runs} runs` }) : undefined;
  const active = new Map<string, { bar: SingleBar; extent: Extent }>();
  let done = finished;
  const named = (run: string) => printable(several ? `${nameOf?.(run) ?? run}  ` : '');
  const log = (text: string) => void bars.log(`${text}\n`);
  return {
    event(event) {
      if (event.type === 'run.start') {
        const { run, epochs, stepsPerEpoch } = event;
        const bar = bars.create(epochs * stepsPerEpoch, 0, { text: fit(`${named(run)}epoch 1/${epochs}`) });
        active.set(run, { bar, extent: event });
      }
      const entry = active.get(event.run);
      if (entry === undefined) return;
      if (event.type === 'step') {
        entry.bar.update(event.step + 1, {
          text: fit(`${named(event.run)}${stepText(event, entry.extent)}`),
        });
      }
      if (event.type === 'epoch' && !several) {
        log(
          epochLine(
            event,
            { ...entry.extent, classes: entry.extent.classes.map(printable) },
            { mark: colors.red },
          ),
        );
      }
    },
    ended(run, mark, text) {
      log(`${mark === 'good' ? colors.green('✓') : colors.red('✗')} ${printable(text)}`);
      done += 1;
      total?.update(done, { text: `${done} of ${runs} runs` });
      const entry = active.get(run);
      if (entry !== undefined) bars.remove(entry.bar);
      active.delete(run);
    },
    note: (text) => log(printable(text)),
    finish() {
      bars.update(); // the last notes are still in a buffer
      bars.stop();
    },
  };
}

function makeBars(stream: Writable, format: string): MultiBar {
  return new MultiBar({
    stream: stream as NodeJS.WritableStream,
    format,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 16,
    hideCursor: true,
    clearOnComplete: false,
    linewrap: false,
    forceRedraw: true,
    gracefulExit: false,
    fps: 10,
  });
}
