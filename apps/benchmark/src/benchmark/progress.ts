import type { Writable } from 'node:stream';

import { MultiBar, type SingleBar } from 'cli-progress';
import type { Colors } from 'picocolors/types';

import type { Event, EventOf } from './events.js';
import type { Listener } from './experiment.js';

/** A listener that shows how an experiment goes on; `finish` leaves the terminal as it was. */
export interface Progress extends Listener {
  /** Says something without disturbing what is on the screen. */
  note(text: string): void;
  finish(): void;
}

/** Predicted over true proportion as text; there is none of a class that is nowhere. */
export function ratioText(predicted = NaN, truth = NaN): string {
  return truth > 0 ? (predicted / truth).toFixed(2) : 'n/a';
}

/** What one epoch says: the same words in the log and beside the bar. */
export function epochLine(event: EventOf<'epoch'>, epochs: number, label: number): string {
  const { truth, soft, hard } = event.val;
  return [
    event.run,
    `epoch ${event.epoch + 1}/${epochs}`,
    `loss ${event.loss.toFixed(4)}`,
    `val Dice ${event.val.meanDice.toFixed(3)}`,
    `p/q soft ${ratioText(soft[label], truth[label])} hard ${ratioText(hard[label], truth[label])}`,
    `${event.seconds.toFixed(1)} s`,
  ].join('  ');
}

/** What the end of one run says. */
export function endLine(event: EventOf<'run.end'>): string {
  const result =
    event.scores === undefined
      ? (event.message ?? '')
      : `Dice ${event.scores.meanDice.toFixed(3)}  IoU ${event.scores.meanIou.toFixed(3)}`;
  return `${event.run}  ${event.status}  ${result}  (${event.seconds.toFixed(1)} s)`;
}

/** One plain line per epoch and per run: for logs, pipes and CI. */
export function plainProgress(stream: Writable, epochs: number, label: () => number): Progress {
  const print = (line: string) => void stream.write(`${line}\n`);
  return {
    step() {},
    note: print,
    event(event) {
      if (event.type === 'epoch') print(epochLine(event, epochs, label()));
      if (event.type === 'run.end') print(endLine(event));
    },
    finish() {},
  };
}

/** Bars that are redrawn in place, as every command shows them. */
export function makeBars(stream: Writable, format: string): MultiBar {
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

/** Live bars: one for all runs, one for each run at work; finished runs scroll by above them. */
export function liveProgress(
  stream: Writable & { columns?: number },
  colors: Colors,
  options: { runs: number; epochs: number; steps: () => number; label: () => number },
): Progress {
  const bars = makeBars(stream, '{bar} {percentage}%  {text}');
  const width = () => Math.max(10, (stream.columns ?? 80) - 26);
  const fit = (text: string) => (text.length > width() ? `${text.slice(0, width() - 1)}…` : text);
  const total = bars.create(options.runs, 0, { text: `0 of ${options.runs} runs` });
  const active = new Map<string, { bar: SingleBar; text: string }>();
  let finished = 0;

  const on = (event: Event): void => {
    if (event.type === 'run.start') {
      const bar = bars.create(options.epochs * options.steps(), 0, { text: fit(event.run) });
      active.set(event.run, { bar, text: event.run });
    }
    if (event.type === 'epoch') {
      const entry = active.get(event.run);
      if (entry === undefined) return;
      entry.text = `${event.run}  val Dice ${event.val.meanDice.toFixed(3)}`;
      entry.bar.update((event.epoch + 1) * options.steps(), { text: fit(entry.text) });
    }
    if (event.type === 'run.end') {
      finished += 1;
      const mark = event.status === 'ok' ? colors.green('✓') : colors.red('✗');
      bars.log(`${mark} ${endLine(event)}\n`);
      total.update(finished, { text: `${finished} of ${options.runs} runs` });
      const entry = active.get(event.run);
      if (entry !== undefined) bars.remove(entry.bar);
      active.delete(event.run);
    }
  };
  return {
    event: on,
    step({ run, epoch, step, loss }) {
      const entry = active.get(run);
      entry?.bar.update(step + 1, {
        text: fit(`${entry.text}  epoch ${epoch + 1}/${options.epochs}  loss ${loss.toFixed(3)}`),
      });
    },
    note: (text) => bars.log(`${text}\n`),
    finish() {
      bars.update(); // the last notes are still in a buffer
      bars.stop();
    },
  };
}
