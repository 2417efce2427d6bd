import { type NoteSubject } from '../loop/train-options.js';
import { type BackendChoice } from '../backend/types.js';
import { fromJson, toJson } from '../logs/json.js';
import { type MetricsLine } from '../logs/metrics-line.js';
import { type ModuleSource } from '../modules/module-source.js';
import { type RunSummary } from './summary.js';

/** Version of {@link RunEvent}; a reader refuses another one. */
export const EVENT_SCHEMA_VERSION = 2;

/** A run is about to train: what it consists of. */
export interface RunStartEvent {
  readonly type: 'run.start';
  /** The id of the run, in every event. */
  readonly run: string;
  readonly name: string;
  readonly folder: string;
  readonly backend: Pick<BackendChoice, 'name' | 'reason'>;
  /** What was found, how its labels are read, and what is suspicious about it. */
  readonly data: {
    readonly name: string;
    readonly description: string;
    readonly warnings: readonly string[];
    readonly train: number;
    readonly val: number;
  };
  readonly classes: readonly string[];
  /** Height, width and channels of what the model takes; of volumes the depth before them. */
  readonly inputShape: readonly number[];
  readonly parameters: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** The user's own modules that it runs. */
  readonly sources: readonly ModuleSource[];
}

/** One update of the weights, for progress displays; `segloss train --json` leaves these out. */
export interface StepEvent {
  readonly type: 'step';
  readonly run: string;
  /** 0-based. */
  readonly epoch: number;
  /** 0-based, counted from the start of the training. */
  readonly step: number;
  readonly loss: number;
}

/** One epoch: what `metrics.jsonl` records, and how long it took. */
export interface EpochEvent extends MetricsLine {
  readonly type: 'epoch';
  readonly run: string;
  readonly seconds: number;
  /** Seconds spent waiting for training images. */
  readonly waitingSeconds: number;
  /** Whether the monitored metric is the best so far. */
  readonly best: boolean;
}

/** A sentence for the user: resumed, a damaged checkpoint, a logger that failed. */
export interface NoteEvent {
  readonly type: 'note';
  readonly run: string;
  readonly text: string;
  /** `settings`: the sentence holds for every run with these settings, so that a benchmark prints it once. Default: about this run. */
  readonly about?: NoteSubject;
}

/** The run ended, in whatever way; what `summary.json` says. */
export interface RunEndEvent extends Omit<RunSummary, 'schemaVersion' | 'id'> {
  readonly type: 'run.end';
  readonly run: string;
  readonly folder: string;
}

/** What a run reports while it trains. `segloss train --json` prints it, worker processes send it. */
export type RunEvent = RunStartEvent | StepEvent | EpochEvent | NoteEvent | RunEndEvent;

const TYPES: readonly string[] = [
  'run.start',
  'step',
  'epoch',
  'note',
  'run.end',
] satisfies RunEvent['type'][];

/**
 * Returns an event as one line of JSON without the line break, headed by `schemaVersion` and the time of day. NaN is written as `null`,
 * Infinity as `1e999`.
 *
 * @example
 * ```ts
 * const line = serializeEvent({ type: 'step', run: 'a1', epoch: 0, step: 3, loss: NaN }, new Date(0));
 * line; // → "{\"schemaVersion\":2,\"time\":\"1970-01-01T00:00:00.000Z\",\"type\":\"step\",\"run\":\"a1\",\"epoch\":0,\"step\":3,\"loss\":null}"
 * parseEvent(line).loss; // → NaN
 * ```
 */
export function serializeEvent(event: RunEvent, time = new Date()): string {
  return toJson({ schemaVersion: EVENT_SCHEMA_VERSION, time: time.toISOString(), ...event });
}

/**
 * Reads a line that {@link serializeEvent} wrote; `null` is NaN again.
 *
 * @throws {RangeError} If the line is not JSON, or not an event of this schema version.
 *
 * @example
 * ```ts
 * parseEvent('{"schemaVersion":2,"time":"2026-01-01T00:00:00Z","type":"note","run":"a1","text":"resumed"}').text; // → "resumed"
 * ```
 */
export function parseEvent(line: string): RunEvent {
  const refuse = (got: string): never => {
    throw new RangeError(
      `parseEvent: wanted an event of schemaVersion ${EVENT_SCHEMA_VERSION} (${TYPES.join(', ')}), got ${got}; ` +
        'was it written by another version of segloss?',
    );
  };
  let value: unknown;
  try {
    value = fromJson(line);
  } catch {
    return refuse(JSON.stringify(line.slice(0, 40)));
  }
  const { schemaVersion, time, ...event } = value as RunEvent & { schemaVersion?: unknown; time?: unknown };
  if (schemaVersion !== EVENT_SCHEMA_VERSION) return refuse(`schemaVersion ${String(schemaVersion)}`);
  if (typeof time !== 'string') return refuse(`time ${JSON.stringify(time)}`);
  if (!TYPES.includes(event.type)) return refuse(`type ${JSON.stringify(event.type)}`);
  return event as RunEvent;
}
