import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { CANDIDATES } from './try-backend.js';
import { type BackendName, type BackendTrial } from './types.js';

/** A trial in a process of its own, and how long it took. */
export interface ChildTrial extends BackendTrial {
  readonly seconds: number;
}

/** Tries a backend in a process of its own, that may crash, and has so many seconds. */
export async function tryInChild(name: BackendName, limit: number): Promise<ChildTrial> {
  const begin = performance.now();
  const trial = await new Promise<BackendTrial>((resolve) => {
    const child = fork(childProgram(), [name], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: process.env,
    });
    let said = '';
    child.stderr!.on('data', (text: Buffer) => (said = `${said}${text.toString()}`.slice(-4000)));
    const timer = setTimeout(() => child.kill('SIGKILL'), limit * 1000);
    let told: BackendTrial | undefined;
    child.once('message', (message) => (told = message as BackendTrial));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(told ?? broken(name, how(code, signal, limit), said));
    });
  });
  return { ...trial, seconds: (performance.now() - begin) / 1000 };
}

function how(code: number | null, signal: string | null, limit: number): string {
  if (signal === 'SIGKILL') return `it did not answer in ${limit} s`;
  return signal === null ? `its process ended with code ${code}` : `its process ended by ${signal}`;
}

function broken(name: BackendName, what: string, said: string): BackendTrial {
  const last = said.trim().split('\n').at(-1)!.trim();
  const { remedy } = CANDIDATES.find((candidate) => candidate.name === name)!;
  return { name, works: false, reason: last === '' ? what : `${what}: ${last}`, remedy };
}

/** The built program, for the sources too. */
function childProgram(): string {
  const trainer = dirname(createRequire(import.meta.url).resolve('@segloss/trainer/package.json'));
  const program = join(trainer, 'dist/backend-child.js');
  if (!existsSync(program)) throw new Error(`doctor: no ${program}; build the package`);
  return program;
}
