import { isBuiltIn } from '@segloss/data';
import { releaseBackend, testRun, type TestReport } from '@segloss/trainer';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { exitCodes } from '../errors.js';
import { parseCount } from '../options.js';
import type { Terminal } from '../terminal.js';
import { absolute, oneOf, open, windowOf, withRunFlags, type RunFlags } from './run-flags.js';

/** `segloss test`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  withRunFlags(
    command
      .argument('<run>', 'folder of the run')
      .option('--data <folder>', 'other data than those of the run, with the same classes')
      .option('--part <name>', 'train or val', 'val')
      .option('--surfaces <tolerance>', 'also HD95, ASSD and surface Dice at so many pixels', parseCount),
  ).action(async (run: string, flags: RunFlags & { data?: string; part: string; surfaces?: number }) =>
    finish(await testCommand(run, flags, terminal)),
  );
}

async function testCommand(
  folder: string,
  flags: RunFlags & { data?: string; part: string; surfaces?: number },
  terminal: Terminal,
): Promise<number> {
  const { stdout, stderr } = terminal;
  const run = await open(folder, flags, terminal);
  try {
    const report = await testRun(run, {
      ...windowOf(flags),
      ...(flags.data !== undefined && {
        data: isBuiltIn(flags.data) ? flags.data : absolute(terminal, flags.data),
      }),
      ...(flags.surfaces !== undefined && { surfaceTolerance: flags.surfaces }),
      part: oneOf('part', flags.part, ['train', 'val'] as const),
    });
    const file = path.join(run.folder, `test-${flags.part}.json`);
    writeFileSync(file, `${toJson(report, 2)}\n`);
    stdout.write(flags.json === true ? `${toJson(report)}\n` : `${testTable(report)}\n`);
    stderr.write(`every image: ${file}\n`);
    return exitCodes.ok.code;
  } finally {
    run.model.dispose();
    await releaseBackend();
  }
}

/** JSON has no Infinity, which is the distance to a region that is missed. */
function toJson(report: TestReport, indent?: number): string {
  const spoken = (_key: string, value: unknown) => (value === Infinity ? 'Infinity' : value);
  return JSON.stringify(report, spoken, indent);
}

/** One row for each class. */
function testTable({ classes, overall, perImage, marginals, cases }: TestReport): string {
  const number = (value: number | undefined, digits = 3) =>
    value === undefined || Number.isNaN(value) ? 'n/a' : value.toFixed(digits);
  const distances = 'hd95' in perImage;
  const head = [
    'class',
    'Dice',
    'IoU',
    'Dice, mean of images',
    ...(distances ? ['HD95, median', 'surface Dice'] : []),
  ];
  const table = new Table({
    head: [...head, 'true share', 'p/q soft', 'p/q hard'],
    style: { head: [], border: [] },
  });
  const hd95Of = (k: number) => {
    const missed = cases.filter(({ hd95 }) => hd95?.[k] === Infinity).length;
    const median = perImage.hd95?.[k]?.median;
    const text = median === Infinity ? '∞' : number(median, 1);
    return missed > 0 ? `${text} (${missed} missed)` : text;
  };
  classes.forEach((name, k) => {
    const { mean, cases: count } = perImage.dice[k]!;
    const surfaces = distances ? [hd95Of(k), number(perImage.surfaceDice?.[k]?.mean)] : [];
    const [q, soft, hard] = [marginals.truth[k]!, marginals.soft[k]!, marginals.hard[k]!];
    table.push([
      name,
      number(overall.dice[k]),
      number(overall.iou[k]),
      `${number(mean)} (${count} of ${cases.length})`,
      ...surfaces,
      number(q, 4),
      q > 0 ? (soft / q).toFixed(2) : 'n/a',
      q > 0 ? (hard / q).toFixed(2) : 'n/a',
    ]);
  });
  return table.toString();
}
