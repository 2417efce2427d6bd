import { isBuiltIn } from '@segloss/data';
import { releaseBackend, testRun, type TestReport } from '@segloss/trainer';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { exitCodes } from '../errors.js';
import { parseCount } from '../options.js';
import type { Terminal } from '../terminal.js';
import { oneOf } from './choices.js';
import { absolute, open, windowOf, withRunFlags, type RunFlags } from './run-flags.js';

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
    writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
    stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : `${testTable(report)}\n`);
    stderr.write(`every image: ${file}\n`);
    return exitCodes.ok.code;
  } finally {
    run.model.dispose();
    await releaseBackend();
  }
}

/** One row for each class, and one of the foreground mean where it has several; missed and invented regions where there are any. */
function testTable({ cases, summary }: TestReport): string {
  const number = (value: number | null | undefined, digits = 3) => value?.toFixed(digits) ?? 'n/a';
  const distances = summary.classes.some(({ surfaceDice }) => surfaceDice !== undefined);
  const counted = (['missed', 'invented'] as const).filter((kind) => summary.foreground[kind] > 0);
  const table = new Table({
    head: [
      ...['class', 'Dice', 'IoU', 'Dice, mean of images', ...counted],
      ...(distances ? ['HD95', 'surface Dice'] : []),
      ...['true share', 'p/q soft', 'p/q hard'],
    ],
    style: { head: [], border: [] },
  });
  for (const each of summary.classes) {
    const { name, dice, iou, perImage, hd95, surfaceDice, truth, soft, hard } = each;
    table.push([
      ...[name, number(dice), number(iou)],
      `${number(perImage.dice.mean)} (${perImage.dice.cases} of ${cases.length})`,
      ...counted.map((kind) => each[kind]),
      ...(distances ? [`${number(hd95.mean, 1)} (${hd95.cases})`, number(surfaceDice?.mean)] : []),
      ...[number(truth, 4), number(soft?.ratio, 2), number(hard.ratio, 2)],
    ]);
  }
  const { foreground } = summary;
  if (foreground.classes.length > 1) {
    table.push([
      ...['foreground mean', number(foreground.dice), number(foreground.iou)],
      number(foreground.perImage.dice),
      ...counted.map((kind) => foreground[kind]),
      ...(distances ? [number(foreground.hd95, 1), ''] : []),
      ...['', '', ''],
    ]);
  }
  return table.toString();
}
