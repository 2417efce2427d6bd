// A child process of the local executor: trains the cells that its parent sends, one after another, and ends with its parent.
import type { OpenedImages, RunEvent } from '@segloss/trainer';

import { trainCell, type CellTask, type Outcome } from '../train-cell.js';

/** What a parent sends. */
export type ToWorker =
  | {
      readonly type: 'train';
      readonly cell: CellTask;
      readonly fresh: boolean;
      readonly command: readonly string[];
    }
  | { readonly type: 'stop' };

/** What a child sends. `memory`: its resident bytes. */
export type FromWorker =
  | { readonly type: 'event'; readonly event: RunEvent; readonly memory: number }
  | { readonly type: 'end'; readonly outcome: Outcome; readonly memory: number };

/** Between two step events of a child: a display cannot show more. */
const STEP_MILLISECONDS = 100;
/** A training that cannot be stopped between two updates, for a hanging disk, is given up after this time. */
const GRACE_MILLISECONDS = 10_000;

const opened: OpenedImages = new Map();
let training: AbortController | undefined;
let shown = 0;

const send = (message: FromWorker): void => {
  if (process.connected) process.send!(message, () => undefined); // a parent that is gone is no error
};

async function train({ cell, fresh, command }: Extract<ToWorker, { type: 'train' }>): Promise<void> {
  training = new AbortController();
  const outcome = await trainCell(cell, {
    ...{ opened, fresh, command },
    signal: training.signal,
    onEvent(event) {
      if (event.type === 'step') {
        if (Date.now() - shown < STEP_MILLISECONDS) return;
        shown = Date.now();
      }
      send({ type: 'event', event, memory: process.memoryUsage.rss() });
    },
  });
  training = undefined;
  send({ type: 'end', outcome, memory: process.memoryUsage.rss() });
  if (!process.connected) end();
}

/** Ends a child whose parent is gone. `process.exit` would wait for a read that hangs. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** Ends a training between two updates; an idle child ends altogether. */
function stop(): void {
  if (training === undefined) process.exit();
  training.abort();
}

process.on('message', (message: ToWorker) => {
  if (message.type === 'stop') stop();
  else void train(message);
});
process.on('disconnect', () => {
  stop(); // saves, then ends
  setTimeout(end, GRACE_MILLISECONDS).unref();
});
// Ctrl-C reaches the whole group; the parent decides.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('SIGTERM', stop);
