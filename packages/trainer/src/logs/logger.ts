import { type RunConfig } from '../config/schema.js';
import { type MetricsHead, type MetricsLine } from './metrics-line.js';

/** What a logger receives at the start. */
export interface LoggedRun extends MetricsHead {
  readonly id: string;
  /** Where the run's files are. */
  readonly folder: string;
  readonly config: RunConfig;
}

/** A user's logger: what `./mine.mjs#name` exports, or what a function that it exports returns. */
export interface Logger {
  start?(run: LoggedRun): void | Promise<void>;
  epoch?(line: MetricsLine): void | Promise<void>;
  /** Called however the training ends, with what `summary.json` says. */
  end?(summary: Readonly<Record<string, unknown>>): void | Promise<void>;
}
