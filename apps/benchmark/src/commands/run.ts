import type { Command } from 'commander';
import { releaseBackend, serializeEvent } from '@segloss/trainer';
import path from 'node:path';

import { readPlan } from '../benchmark/plan-file.js';
import { codeOfOutcome, trainCell } from '../benchmark/train-cell.js';
import { UsageError } from '../errors.js';
import { collect, parseIndex } from '../options.js';
import { trainingSession } from '../session.js';
import { quote, type Terminal } from '../terminal.js';

interface RunFlags {
  plan?: string;
  index?: number;
  data?: string;
  loss?: string[];
  json?: boolean;
}

/** `segloss run`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  command
    .option('--plan <file>', 'plan.jsonl in the folder of a benchmark')
    .option('--index <n>', 'line of the plan, counted from 0', parseIndex)
    .option('--json', 'print events as JSON lines')
    .option('--data <folder>', 'moved to segloss benchmark --data')
    .option('--loss <spec>', 'moved to segloss benchmark --loss', collect)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (flags: RunFlags) => finish(await runCommand(flags, terminal)));
}

/** Trains one cell; the exit code says whether a scheduler should try again. */
async function runCommand({ plan, index, json = false }: RunFlags, terminal: Terminal): Promise<number> {
  const { stdout, stderr, folder, argv } = terminal;
  if (plan === undefined || index === undefined) {
    const command = ['segloss', 'benchmark', ...argv.slice(1)].map(quote).join(' ');
    throw new UsageError(
      plan === undefined && index === undefined && argv.length > 1
        ? `run: trains one run of a plan now; to compare losses: ${command}`
        : 'run: wanted --plan <file> and --index <n>; segloss benchmark writes the plan',
    );
  }
  const cell = readPlan(path.resolve(folder, plan), index);
  try {
    const outcome = await trainingSession(terminal, ({ signal, note, show }) => {
      const progress = show({ runs: 1 });
      return trainCell(cell, {
        signal,
        command: ['segloss', ...argv],
        onEvent(event) {
          if (json && event.type !== 'step') stdout.write(`${serializeEvent(event)}\n`);
          if (event.type === 'note') note(event.text);
          progress.event(event);
        },
      });
    });
    stderr.write(`${cell.name}-${cell.id}: ${outcome.error?.message ?? outcome.status}\n`);
    return codeOfOutcome(outcome);
  } finally {
    await releaseBackend();
  }
}
