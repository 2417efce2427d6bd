import { CommanderError } from 'commander';

/** Every way the command `segloss` can end; the one home of these numbers. */
export const exitCodes = {
  ok: { code: 0, meaning: 'every run finished' },
  runtime: { code: 1, meaning: 'something failed while running' },
  usage: { code: 2, meaning: 'unknown loss, unknown flag, wrong value or wrong configuration' },
  data: { code: 3, meaning: 'the data cannot be used' },
  diverged: { code: 5, meaning: 'at least one run diverged; the others are in the report' },
  resumable: { code: 75, meaning: 'the training was stopped; the same command goes on where it was' },
  interrupted: { code: 130, meaning: 'stopped by Ctrl-C; what was finished is kept' },
} as const;

/** The command line asks for something that does not exist. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Exit codes by the names of errors: their classes would load every package for `segloss --help`. */
const codes: Readonly<Record<string, number>> = {
  UsageError: exitCodes.usage.code,
  LossSpecError: exitCodes.usage.code,
  ConfigError: exitCodes.usage.code,
  ModuleError: exitCodes.usage.code,
  RunError: exitCodes.usage.code,
  OutputError: exitCodes.usage.code,
  DataError: exitCodes.data.code,
  DivergedError: exitCodes.diverged.code,
};

/** Returns the exit code for an error that ended the command. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage.code;
  return (error instanceof Error ? codes[error.name] : undefined) ?? exitCodes.runtime.code;
}

/** What an error says to a person, with a remedy where the system gives none. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const full = (error as NodeJS.ErrnoException).code === 'ENOSPC';
  const remedy = full ? '; the disk is full: make room, and give the same command again to go on' : '';
  return `${error.message.replace(/^error: /, '').replace('\n(', ' (')}${remedy}`;
}

/** The table of exit codes, as `segloss --help` prints it. */
export function exitCodeHelp(): string {
  const lines = Object.values(exitCodes).map(
    ({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`,
  );
  return ['Exit codes:', ...lines].join('\n');
}
