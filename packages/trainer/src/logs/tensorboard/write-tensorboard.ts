import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { appendDurably, replaceDurably } from '../files.js';
import { type Marginals, type MetricsLine } from '../metrics-line.js';
import { readMetrics } from '../metrics-log.js';
import { encodeEvent } from './event.js';
import { tfRecord } from './record.js';

/** TensorBoard takes every file with "tfevents" in its name. */
const FILE = 'events.out.tfevents.0.segloss';

/**
 * Writes the file of events that TensorBoard reads, from `metrics.jsonl`: `loss/total`, `loss/TERM`, `learningRate`,
 * `gradientNorm`, `val/loss/...`, `val/dice/CLASS`, `val/iou/CLASS`, `val/foregroundDice`, `val/foregroundIou`, and
 * `marginal/CLASS/{true,soft,hard}` (`train-marginal/...` of the training images); the step is the epoch. Like the metrics
 * it knows no clock: the wall time is the epoch in seconds. What is there already is kept, so that a TensorBoard
 * that has the file open goes on.
 *
 * @param folder Where the file goes.
 * @returns The path of the file.
 * @throws {RangeError} If the file is no `metrics.jsonl`.
 *
 * @example
 * ```ts
 * const { mkdtempSync, readFileSync, writeFileSync } = await import('node:fs');
 * const { tmpdir } = await import('node:os');
 * const folder = mkdtempSync(`${tmpdir()}/segloss-example-`);
 * writeFileSync(`${folder}/metrics.jsonl`, '{"schemaVersion":1,"classes":["no","yes"],"loss":"ce"}\n');
 * const file = writeTensorboard(`${folder}/metrics.jsonl`, folder);
 * readFileSync(file).subarray(14, 27).toString(); // → "brain.Event:2"
 * ```
 */
export function writeTensorboard(jsonl: string, folder: string): string {
  const { classes, lines } = readMetrics(jsonl);
  const events = [
    { wallTime: 0, step: 0, fileVersion: 'brain.Event:2' },
    ...lines.map((line) => ({ wallTime: line.epoch, step: line.epoch, scalars: scalarsOf(line, classes) })),
  ];
  const bytes = Buffer.concat(events.map((event) => tfRecord(encodeEvent(event))));
  const file = path.join(folder, FILE);
  const before = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  if (before.length > 0 && before.equals(bytes.subarray(0, before.length))) {
    if (before.length < bytes.length) appendDurably(file, bytes.subarray(before.length));
  } else {
    replaceDurably(file, bytes);
  }
  return file;
}

function scalarsOf(line: MetricsLine, classes: readonly string[]): Map<string, number> {
  const { val, train } = line;
  const byClass = (name: (label: string) => string, values: readonly number[]) =>
    values.map((value, k) => [name(classes[k]!), value] as const);
  const terms = (name: string, total: number, all: Readonly<Record<string, number>>) => [
    [`${name}/total`, total] as const,
    ...Object.entries(all).map(([term, value]) => [`${name}/${term}`, value] as const),
  ];
  const marginals = (name: string, { truth, soft, hard }: Marginals) =>
    Object.entries({ true: truth, soft, hard }).flatMap(([kind, values]) =>
      byClass((label) => `${name}/${label}/${kind}`, values),
    );
  const scalars = [
    ...terms('loss', line.loss, line.terms),
    ['learningRate', line.learningRate] as const,
    ['gradientNorm', line.gradientNorm] as const,
    ...terms('val/loss', val.loss, val.terms),
    ...byClass((label) => `val/dice/${label}`, val.dice),
    ...byClass((label) => `val/iou/${label}`, val.iou),
    ['val/foregroundDice', val.foregroundDice] as const,
    ['val/foregroundIou', val.foregroundIou] as const,
    ...marginals('marginal', val),
    ...(train === undefined ? [] : marginals('train-marginal', train)),
  ];
  return new Map(scalars.filter(([, value]) => Number.isFinite(value)));
}
