import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { appendDurably, replaceDurably, truncateDurably } from './files.js';
import { serialize, type MetricsHead, type MetricsLine } from './metrics-line.js';

const SCHEMA_VERSION = 1;

/** What a `metrics.jsonl` holds. */
export interface Metrics extends MetricsHead {
  readonly lines: readonly MetricsLine[];
}

/**
 * Reads a `metrics.jsonl`. A last line that a crash has torn does not count; null, which stands for a number that JSON
 * lacks, is NaN again.
 *
 * @throws {RangeError} If the file is none, or another line is torn; it names the line.
 *
 * @example
 * ```ts
 * const { tmpdir } = await import('node:os');
 * const { writeFileSync } = await import('node:fs');
 * const file = `${tmpdir()}/segloss-example-metrics.jsonl`;
 * writeFileSync(file, '{"schemaVersion":1,"classes":["no","yes"],"loss":"ce"}\n{"epoch":0,"loss":null}\n{"epo');
 * const { classes, lines } = readMetrics(file);
 * classes; // → ["no","yes"]
 * lines.map(({ epoch, loss }) => [epoch, loss]); // → [[0, NaN]]
 * ```
 */
export function readMetrics(file: string): Metrics {
  const { head, lines } = scan(file);
  if (head === undefined) {
    throw new RangeError(
      `readMetrics: wanted a first line with schemaVersion ${SCHEMA_VERSION}, got none in ${file}`,
    );
  }
  return { ...head, lines: lines.map(({ value }) => value) };
}

/** Returns the epochs that a run folder has so far; none where no epoch has ended. */
export function linesOf(folder: string): readonly MetricsLine[] {
  const file = path.join(folder, 'metrics.jsonl');
  return existsSync(file) ? readMetrics(file).lines : [];
}

/**
 * The metrics of a training, one line of JSON for each epoch: the one truth from which tables and curves are made. A line is
 * on the disk when `append` returns; what a crash has torn is cut when the file is opened again.
 *
 * @example
 * ```ts
 * const { mkdtempSync } = await import('node:fs');
 * const { tmpdir } = await import('node:os');
 * const file = `${mkdtempSync(`${tmpdir()}/segloss-example-`)}/metrics.jsonl`;
 * const log = MetricsLog.open(file, { classes: ['no', 'yes'], loss: 'ce' });
 * const scores = { dice: [1, 0.5], iou: [1, 0.3], foregroundDice: 0.5, foregroundIou: 0.3, truth: [0.8, 0.2], soft: [0.7, 0.3], hard: [0.9, 0.1] };
 * const line = { step: 8, learningRate: 0.1, loss: 0.7, terms: { ce: 0.7 }, gradientNorm: 1, val: { loss: 0.6, terms: { ce: 0.6 }, ...scores } };
 * log.append({ epoch: 0, ...line });
 * log.append({ epoch: 1, ...line });
 * log.truncateAfter(0); // training continues from the checkpoint of epoch 0
 * log.read().map(({ epoch }) => epoch); // → [0]
 * ```
 */
export class MetricsLog {
  private last: number;

  private constructor(
    readonly file: string,
    private readonly head: MetricsHead,
    lines: readonly Entry[],
  ) {
    this.last = lines.at(-1)?.value.epoch ?? -1;
  }

  /**
   * Opens a log, or begins it.
   *
   * @throws {RangeError} If the file is of another training (other classes or another loss), or is broken.
   */
  static open(file: string, { classes, loss }: MetricsHead): MetricsLog {
    const head = { classes: [...classes], loss };
    const {
      head: found,
      lines,
      end,
    } = existsSync(file) ? scan(file) : { head: undefined, lines: [], end: undefined };
    if (end !== undefined) truncateDurably(file, end);
    if (found === undefined) {
      appendDurably(file, Buffer.from(headLine(head)));
    } else if (JSON.stringify(found) !== JSON.stringify(head)) {
      throw new RangeError(
        `MetricsLog: wanted the log of ${JSON.stringify(head)}, got that of ${JSON.stringify(found)} in ${file}; ` +
          'give each training a folder of its own',
      );
    }
    return new MetricsLog(file, head, lines);
  }

  /**
   * Adds an epoch.
   *
   * @throws {RangeError} If the epoch is not later than the last, or a list has not one value for each class.
   * @throws {TypeError} If a key is unknown.
   */
  append(line: MetricsLine): void {
    if (!Number.isInteger(line.epoch) || line.epoch <= this.last) {
      throw new RangeError(
        `MetricsLog: wanted an epoch after ${this.last}, got ${line.epoch}; cut the file with truncateAfter first`,
      );
    }
    checkLists(line, this.head.classes);
    appendDurably(this.file, Buffer.from(`${serialize(line)}\n`));
    this.last = line.epoch;
  }

  /** Cuts all epochs after this one; -1 cuts all. */
  truncateAfter(epoch: number): void {
    const { lines, start } = scan(this.file);
    const kept = lines.filter(({ value }) => value.epoch <= epoch);
    truncateDurably(this.file, kept.at(-1)?.end ?? start);
    this.last = kept.at(-1)?.value.epoch ?? -1;
  }

  /** The lines of the epochs, as they are in the file. */
  get text(): string {
    const { start, end } = scan(this.file);
    return readFileSync(this.file).toString('utf8', start, end);
  }

  /** Replaces the lines of all epochs by those of another {@link text}. */
  restore(text: string): void {
    replaceDurably(this.file, Buffer.from(`${headLine(this.head)}${text}`));
    this.last = scan(this.file).lines.at(-1)?.value.epoch ?? -1;
  }

  /** The epochs so far; null of the file is NaN. */
  read(): readonly MetricsLine[] {
    return readMetrics(this.file).lines;
  }
}

const headLine = (head: MetricsHead): string =>
  `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...head })}\n`;

interface Entry {
  readonly value: MetricsLine;
  /** Bytes of the file up to and with its newline. */
  readonly end: number;
}

/** The whole lines of a file: where the first epoch starts, and where the last whole line ends. */
function scan(file: string): { head: MetricsHead | undefined; lines: Entry[]; start: number; end: number } {
  const bytes = readFileSync(file);
  const parts: { text: string; end: number }[] = [];
  for (let from = 0, at = bytes.indexOf(10); at >= 0; from = at + 1, at = bytes.indexOf(10, from)) {
    parts.push({ text: bytes.toString('utf8', from, at), end: at + 1 });
  }
  const values = parts.map(({ text, end }, i) => ({ value: parse(text, i, parts.length, file), end }));
  if (values.length > 0 && values.at(-1)!.value === undefined) values.pop(); // torn, though its newline is there
  const [first, ...rest] = values;
  return {
    head: first && headOf(first.value, file),
    lines: rest as Entry[],
    start: first?.end ?? 0,
    end: values.at(-1)?.end ?? 0,
  };
}

function parse(text: string, index: number, count: number, file: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => value ?? NaN);
  } catch {
    if (index === count - 1) return undefined;
    throw new RangeError(
      `readMetrics: wanted JSON on line ${index + 1} of ${file}, got ${JSON.stringify(text.slice(0, 40))}; ` +
        'restore the file, or cut it there',
    );
  }
}

function headOf(value: unknown, file: string): MetricsHead {
  const { schemaVersion, classes, loss } = value as MetricsHead & { schemaVersion?: unknown };
  if (schemaVersion !== SCHEMA_VERSION) {
    throw new RangeError(
      `readMetrics: wanted schemaVersion ${SCHEMA_VERSION} on the first line of ${file}, got ${JSON.stringify(schemaVersion)}; ` +
        'is it the metrics.jsonl of a training by this version?',
    );
  }
  return { classes, loss };
}

function checkLists({ val, train }: MetricsLine, classes: readonly string[]): void {
  for (const [name, value] of [...Object.entries(val), ...Object.entries(train ?? {})]) {
    if (Array.isArray(value) && value.length !== classes.length) {
      throw new RangeError(
        `MetricsLog: wanted ${classes.length} values of ${name}, one for each of ${classes.join(', ')}, got ${value.length}`,
      );
    }
  }
}
