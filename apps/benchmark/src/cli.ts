import { createRequire } from 'node:module';

import { Command, CommanderError } from 'commander';

import { commands } from './commands/index.js';
import { exitCodeHelp, exitCodeOf, exitCodes, messageOf, UsageError } from './errors.js';
import { collect } from './options.js';
import { processTerminal } from './terminal.js';

const terminal = processTerminal();

/** Builds the program; only the command that `argv` names is loaded. */
async function program(argv: readonly string[], finish: (code: number) => void): Promise<Command> {
  const { version } = createRequire(import.meta.url)('segloss/package.json') as { version: string };
  const root = new Command('segloss')
    .description('Train with segmentation losses, compare them, and see what each does to region sizes.')
    .version(version)
    .option('--verbose', 'print the stack of an error')
    .addHelpText('after', `\n${exitCodeHelp()}`)
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      outputError: () => undefined, // one message, printed by main
    })
    .exitOverride();
  const named = argv.filter((word) => !word.startsWith('-')).slice(0, argv[0] === 'help' ? 2 : 1);
  for (const [name, { description, load }] of Object.entries(commands)) {
    const command = root
      .command(name)
      .description(description)
      .option('--verbose', 'print the stack of an error');
    if (named.includes(name)) (await load()).define(command, terminal, finish);
    refuseTwice(command);
  }
  return root;
}

/** Options that hold one value are given once: the last would win, and the others be lost in silence. */
function refuseTwice(command: Command): void {
  for (const option of command.options) {
    if (option.isBoolean() || option.parseArg === collect) continue;
    let given: string | undefined;
    command.on(`option:${option.name()}`, (value: string) => {
      if (given !== undefined) {
        throw new UsageError(
          `${option.long}: wanted it once, got "${given}" and "${value}"; remove one of them`,
        );
      }
      given = value;
    });
  }
}

/** An empty argument would be the current folder, or a default, where a variable of the shell was not set. */
function refuseEmpty(argv: readonly string[]): void {
  const at = argv.findIndex((word) => word === '' || /^--[\w-]+=$/.test(word));
  if (at < 0) return;
  const before = argv[at] === '' ? argv[at - 1] : argv[at]!.slice(0, -1);
  throw new UsageError(
    `wanted a value${before === undefined ? '' : ` after ${before}`}, got an empty one; is a variable of the shell not set?`,
  );
}

async function main(): Promise<number> {
  let code: number = exitCodes.ok.code;
  try {
    refuseEmpty(terminal.argv);
    const root = await program(terminal.argv, (result) => {
      code = result;
    });
    if (terminal.argv.length === 0) root.outputHelp();
    else await root.parseAsync(process.argv);
  } catch (error) {
    // Help was requested: nothing to add.
    if (error instanceof CommanderError && /help|version/i.test(error.code)) return exitCodeOf(error);
    terminal.stderr.write(`segloss: ${messageOf(error)}\n`);
    if (terminal.argv.includes('--verbose') && error instanceof Error) {
      terminal.stderr.write(`${error.stack}\n`);
    }
    return exitCodeOf(error);
  }
  return code;
}

/** Time that a stopped process has to end by itself, in milliseconds; a read that hangs, or a child that ends slowly, keeps it alive. */
const GRACE = 2000;

void main().then(async (code) => {
  process.exitCode = code;
  if (code !== exitCodes.resumable.code) return;
  const { endWith } = await import('./session.js');
  setTimeout(() => endWith(code), GRACE).unref();
});
