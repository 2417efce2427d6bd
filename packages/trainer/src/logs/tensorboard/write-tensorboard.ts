import path from 'node:path';

import { extendDurably } from '../files.js';
import { readMetrics } from '../metrics-log.js';
import { scalarsOf } from '../scalars.js';
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
  const file = path.join(folder, FILE);
  extendDurably(file, Buffer.concat(events.map((event) => tfRecord(encodeEvent(event)))));
  return file;
}
