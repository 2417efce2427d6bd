import type { Colors } from 'picocolors/types';

import { wrapWords } from '../text-table.js';
import { trainedSizes, type TrainedSize } from './region-sizes.js';
import { sizeSentences } from './size-sentences.js';
import type { Leaderboard } from './table.js';

/** Ends of the logarithmic axis; what lies beyond stands at its end. */
const [LOWEST, HIGHEST] = [0.1, 10];
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10];
const WIDEST = 57;
const NARROWEST = 29;
/** Columns for trainings without any region, left of the axis. */
const ZERO = 4;

/**
 * Returns what the trainings did to region sizes, as a picture and in sentences; empty where there are too few to say anything.
 *
 * @param width Columns of the terminal; undefined for a pipe.
 */
export function sizesToTerminal(
  board: Pick<Leaderboard, 'sections'>,
  colors: Colors,
  width?: number,
): string {
  const trainings = trainedSizes(board);
  const sentences = sizeSentences(trainings);
  if (sentences.length === 0) return '';
  const heading =
    'Predicted / true size at the end of each training (a digit counts trainings, 0: no region is left)';
  return [
    `\n${colors.bold(heading)}`,
    sizeStrips(trainings, colors, width),
    '',
    ...sentences.map((sentence) => wrapWords(sentence, width ?? 100)),
    '',
  ].join('\n');
}

/**
 * Returns a picture for a terminal of how every training ended: predicted over true size on a logarithmic axis, one line for the
 * probabilities and one for the mask of each row. A digit counts the trainings that stand in the same place.
 *
 * @param width Columns of the terminal; default 80.
 */
export function sizeStrips(trainings: readonly TrainedSize[], colors: Colors, width = 80): string {
  const names = [...new Set(trainings.map(({ name }) => name))];
  const label = Math.max(...names.map(({ length }) => length)) + 2;
  const columns = Math.max(NARROWEST, Math.min(WIDEST, width - label - 9 - ZERO));
  const place = (ratio: number) => placeOf(ratio, columns);
  const lines: string[] = [];
  for (const set of new Set(trainings.map((one) => one.set))) {
    if (set !== '') lines.push(colors.bold(set));
    for (const name of names) {
      const own = trainings.filter((one) => one.set === set && one.name === name);
      if (own.length === 0) continue;
      const line = (of: (one: TrainedSize) => number) => strip(own.map(of), place, columns);
      lines.push(`  ${name.padEnd(label)}soft  ${colors.dim(line(({ soft }) => soft))}`);
      lines.push(`  ${''.padEnd(label)}mask  ${line(({ hard }) => hard)}`);
    }
  }
  return [...lines, `${' '.repeat(label + 8)}${axis(place, columns)}`].join('\n');
}

function placeOf(ratio: number, columns: number): number {
  if (ratio < LOWEST / 2) return 1;
  const share = Math.log(ratio / LOWEST) / Math.log(HIGHEST / LOWEST);
  return ZERO + Math.round((columns - 1) * Math.min(1, Math.max(0, share)));
}

function strip(values: readonly number[], place: (ratio: number) => number, columns: number): string {
  const cells = new Array<number>(ZERO + columns).fill(0);
  for (const value of values) if (Number.isFinite(value)) cells[place(value)]!++;
  const one = place(1);
  return cells
    .map((count, i) => (count > 9 ? '+' : count > 0 ? String(count) : i === one ? '|' : i === 2 ? ' ' : '·'))
    .map((text, i) => (i < ZERO && text === '·' ? ' ' : text))
    .join('')
    .trimEnd();
}

function axis(place: (ratio: number) => number, columns: number): string {
  const cells = ` 0${' '.repeat(ZERO + columns)}`.split('');
  for (const tick of TICKS) {
    const text = String(tick);
    const from = place(tick) - Math.floor((text.length - 1) / 2);
    if (cells.slice(Math.max(0, from - 1), from + text.length + 1).some((cell) => cell !== ' ')) continue;
    [...text].forEach((character, i) => (cells[from + i] = character));
  }
  return cells.join('').trimEnd();
}
