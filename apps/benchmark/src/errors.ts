import { CommanderError } from 'commander';

/** Every way the command `segloss` can end; the one home of these numbers. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done; every run finished' },
  runtime: { code: 1, meaning: 'something failed while running; trying again may help' },
  usage: { code: 2, meaning: 'unknown loss, unknown flag, wrong value or wrong configuration' },
  data: { code: 3, meaning: 'the data cannot be used' },
  gate: { code: 4, meaning: 'a condition of --fail-if holds, or its number does not exist' },
  diverged: { code: 5, meaning: 'a run diverged: its loss or gradient is not a number' },
  resumable: {
    code: 75,
    meaning: 'stopped by a signal, and saved (or another process trains the run); the same command resumes',
  },
  interrupted: {
    code: 130,
    meaning:
      'stopped immediately, by a second Ctrl-C; 143 by a second SIGTERM, 129 by SIGHUP; the same command resumes from the last checkpoint',
  },
  hanging: {
    code: 143,
    meaning:
      'also after a first signal, saved, if a file could not be read to its end (as on a failed disk); the same command resumes',
  },
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
  CheckpointError: exitCodes.usage.code,
  QueueError: exitCodes.usage.code,
  DataError: exitCodes.data.code,
  DivergedError: exitCodes.diverged.code,
};

/** Returns the exit code for an error of this name, and of this `code` if it has one; that of a runtime error where there is none. */
export function codeOfError(error: { readonly name: string; readonly code?: unknown } | undefined): number {
  if (error?.name === 'RunError' && error.code === 'busy') return exitCodes.resumable.code;
  if (error?.name === 'HubError' && (error.code === 'not-found' || error.code === 'ambiguous')) {
    return exitCodes.usage.code;
  }
  return (error === undefined ? undefined : codes[error.name]) ?? exitCodes.runtime.code;
}

/** Returns the exit code for an error that ended the command. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage.code;
  return codeOfError(error instanceof Error ? error : undefined);
}

const READ_ONLY =
  '; the folder cannot be written to: check its permissions, or choose another one with --out';
/** What to do about errors of the file system. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: '; the disk is full: make room; the same command resumes',
  EDQUOT: '; the quota is used up: make room; the same command resumes',
  EFBIG: '; the file would be larger than allowed: raise the limit (ulimit -f); the same command resumes',
  EROFS: READ_ONLY,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
};

/** What an error says to a person, with a remedy where the system gives none. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  // Node says ENOENT where a folder cannot be made on a read-only disk.
  const remedy = REMEDIES[code === 'ENOENT' && syscall === 'mkdir' ? 'EROFS' : code] ?? '';
  return `${error.message.replace(/^error: /, '').replace('\n(', ' (')}${remedy}${argumentHint(error)}`;
}

/** The table of exit codes, as `segloss --help` prints it. */
export function exitCodeHelp(): string {
  const lines = Object.values(exitCodes).map(
    ({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`,
  );
  return ['Exit codes:', ...lines].join('\n');
}

/** What to do about an argument that a command does not read, where that is not a folder that belongs behind --data. */
const EXCESS: Readonly<Record<string, string>> = {
  analyze: 'Folders follow their option: segloss analyze --pred <folder> --gt <folder>',
  losses: 'It lists all losses; segloss loss card <spec> shows one',
};

/** What to do about arguments that no command reads, most often folders without their option, and about missing ones. */
function argumentHint(error: Error): string {
  const command = /^error: too many arguments for '([\w-]+)'/.exec(error.message)?.[1];
  if (command !== undefined) {
    const hint = EXCESS[command] ?? 'Folders and files follow their option, as in --data <folder>';
    return ` ${hint}; see segloss ${command} --help.`;
  }
  return (error as { code?: unknown }).code === 'commander.missingArgument'
    ? '; --help of the command shows what it takes'
    : '';
}
