import { execFile } from 'node:child_process';

/** What a program printed, and whether it ended well. */
export interface Ran {
  readonly ok: boolean;
  readonly output: string;
}

/** Runs a program to its end; one that does not exist has ended badly too. */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  const { cwd, env } = options;
  return new Promise((resolve) => {
    const settings = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 2 ** 20 };
    execFile(program, [...args], settings, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim();
      if (error === null) return resolve({ ok: true, output });
      const { code } = error as NodeJS.ErrnoException;
      resolve({ ok: false, output: code === 'ENOENT' ? 'no such program' : output || error.message });
    });
  });
}

/** The end of an output, in one line: programs say last what stopped them. */
export function lastLines(output: string, count = 3): string {
  return output.split('\n').slice(-count).join(' | ').trim();
}
