// What the tests of `segloss analyze` share: the command with a terminal of strings, and masks on the disk.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll } from '@jest/globals';
import { encode } from 'fast-png';

import type { SizeReport } from '../src/analyze/analysis.js';
import { analyzeCommand, type AnalyzeFlags } from '../src/commands/analyze.js';

/** A folder for the files of a test file, removed after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'segloss-analyze-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs the command in a folder; `report` is its JSON. */
export async function analyze(folder: string, flags: Partial<AnalyzeFlags>) {
  const text = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof text) =>
    ({ write: (part: string) => (text[name] += part) }) as unknown as NodeJS.WriteStream;
  const terminal = { stdout: stream('stdout'), stderr: stream('stderr'), folder, env: {} };
  const code = await analyzeCommand({ quantiles: 4, resamples: 100, seed: 0, ...flags }, terminal);
  return { code, ...text, report: (flags.json ? JSON.parse(text.stdout) : undefined) as SizeReport };
}

/** Writes a gray PNG of labels. */
export function putMask(
  file: string,
  values: ArrayLike<number>,
  [height, width]: readonly [number, number],
): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, encode({ width, height, channels: 1, depth: 8, data: Uint8Array.from(values) }));
}

/** `ones` pixels of label `value`, then `size - ones` of 0. */
export const some = (ones: number, size = 100, value = 1): number[] =>
  Array.from({ length: size }, (_, i) => (i < ones ? value : 0));
