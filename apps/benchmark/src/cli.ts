import { Command, CommanderError } from 'commander';

import { addAnalyzeCommand } from './commands/analyze.js';
import { addBackendCommands } from './commands/doctor.js';
import { addLossCommands } from './commands/loss-card.js';
import { lossesCommand, runCommand, type Terminal } from './commands/benchmark.js';
import { addConfigCommand } from './commands/config.js';
import { addDataCommands } from './commands/data.js';
import { demoSettings, runDefaults } from './benchmark/defaults.js';
import { environment } from './environment.js';
import { exitCodeHelp, exitCodeOf, exitCodes, messageOf } from './errors.js';
import {
  collect,
  parseBackend,
  parseCount,
  parseNorm,
  parsePositive,
  parseSeeds,
  parseSize,
  parseWidths,
  type Settings,
  type Size,
} from './options.js';
import { addTrainCommands } from './commands/train.js';

type Flags = Partial<Omit<Settings, 'losses'>> & { loss?: string[]; json?: boolean; verbose?: boolean };

const terminal: Terminal = {
  stdout: process.stdout,
  stderr: process.stderr,
  folder: process.cwd(),
  argv: process.argv.slice(2),
  env: process.env,
};

const defaultText = (value: unknown): string => {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'object' && value !== null) {
    const { height, width } = value as Size;
    return `${height}x${width}`;
  }
  return String(value);
};

/** The flags that both commands share; the help names the defaults of each command. */
function withTrainingFlags(command: Command, defaults: Partial<Settings>): Command {
  const shown = (text: string, key: keyof Settings) =>
    defaults[key] === undefined ? text : `${text} (default: ${defaultText(defaults[key])})`;
  return command
    .option(
      '--loss <spec>',
      `loss to train with; repeat it for more. A spec (segloss losses) or a module: ./mine.ts#name${defaults.losses ? ` (default: ${defaults.losses.join(' | ')})` : ''}`,
      collect,
    )
    .option('--seeds <n>', shown('number of seeds (3 means 0,1,2) or a list (5,8)', 'seeds'), parseSeeds)
    .option('--epochs <n>', shown('passes over the training images', 'epochs'), parseCount)
    .option('--size <hxw>', shown('resize images to N x N or H x W pixels', 'size'), parseSize)
    .option('--batch-size <n>', shown('images of one step', 'batchSize'), parseCount)
    .option('--learning-rate <x>', shown('step size of the optimizer', 'learningRate'), parsePositive)
    .option('--widths <list>', shown('filters of each level of the U-Net', 'widths'), parseWidths)
    .option('--norm <kind>', shown('batch or none: normalization in the U-Net', 'norm'), parseNorm)
    .option('--limit <n>', 'use at most n training and n validation images', parseCount)
    .option('--backend <name>', shown('auto, tensorflow, webgpu, wasm or cpu', 'backend'), parseBackend)
    .option('--out <folder>', shown('where the results go', 'out'))
    .option('--jobs <n>', 'runs at the same time (default: the number of cores)', parseCount)
    .option('--json', 'events as JSON lines on stdout instead of the table')
    .option('--verbose', 'with the stack of an error');
}

function settingsOf(
  flags: Flags,
  defaults: Omit<Settings, 'losses'> & { losses?: readonly string[] },
): Settings {
  const { loss, ...given } = flags;
  return { ...defaults, ...given, losses: loss ?? defaults.losses ?? [] };
}

function program(finish: (code: number) => void): Command {
  const root = new Command('segloss')
    .description('Train with segmentation losses, compare them, and see what each does to region sizes.')
    .version(environment()['segloss']!)
    .addHelpText('after', `\n${exitCodeHelp()}`)
    .configureOutput({ outputError: () => undefined }) // one message, printed by main
    .exitOverride();

  withTrainingFlags(
    root
      .command('demo')
      .description('compare five losses on embedded synthetic images, or on your own')
      .option('--data <folder>', 'your images and masks instead of the embedded ones'),
    demoSettings,
  ).action(async (flags: Flags) => {
    const defaults =
      flags.data === undefined
        ? demoSettings
        : { ...demoSettings, size: runDefaults.size, norm: runDefaults.norm };
    finish(await runCommand(settingsOf(flags, defaults), { json: flags.json === true, terminal }));
  });

  withTrainingFlags(
    root
      .command('run')
      .description('train the losses you name on your own images')
      .requiredOption('--data <folder>', 'folder of images and masks'),
    runDefaults,
  ).action(async (flags: Flags) => {
    finish(await runCommand(settingsOf(flags, runDefaults), { json: flags.json === true, terminal }));
  });

  root
    .command('losses')
    .description('list the losses that a spec can name')
    .action(() => lossesCommand(terminal));
  addLossCommands(root, terminal, finish);
  addTrainCommands(root, terminal, finish);
  addBackendCommands(root, terminal, finish);
  addConfigCommand(root, terminal);
  addDataCommands(root, terminal, finish);
  addAnalyzeCommand(root, terminal, finish);
  return root;
}

async function main(): Promise<number> {
  let code: number = exitCodes.ok.code;
  const root = program((result) => {
    code = result;
  });
  try {
    await root.parseAsync(process.argv);
  } catch (error) {
    // Help was asked for, or shown because there was no command: nothing to add.
    if (error instanceof CommanderError && /help|version/i.test(error.code)) return exitCodeOf(error);
    process.stderr.write(`segloss: ${messageOf(error)}\n`);
    if (terminal.argv.includes('--verbose') && error instanceof Error) {
      process.stderr.write(`${error.stack}\n`);
    }
    return exitCodeOf(error);
  }
  return code;
}

void main().then((code) => {
  process.exitCode = code;
});
