import { createRequire } from 'node:module';

import { Command, CommanderError } from 'commander';

import { commands } from './commands/index.js';
import { exitCodeHelp, exitCodeOf, exitCodes, messageOf } from './errors.js';
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
  }
  return root;
}

async function main(): Promise<number> {
  let code: number = exitCodes.ok.code;
  try {
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

/** Time that a stopped process has to end by itself, in milliseconds; a read that hangs keeps it alive. */
const GRACE = 2000;

void main().then(async (code) => {
  process.exitCode = code;
  if (code !== exitCodes.resumable.code) return;
  const { endBy } = await import('./session.js');
  setTimeout(() => endBy('SIGTERM'), GRACE).unref();
});
