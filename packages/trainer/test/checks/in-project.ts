import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@segloss/testing';
import { buildSync } from 'esbuild';

import { type Steps, type StepsTask } from './steps';

/** A folder in which the sources of the trainer find the tfjs packages of the repository, and the npm package webgpu if it is there. */
export function makeProject(folder: string): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  const link = join(folder, 'node_modules/@tensorflow');
  if (!existsSync(link)) symlinkSync(join(root, 'node_modules/@tensorflow'), link, 'junction');
  const { outputFiles } = buildSync({
    entryPoints: [join(root, 'packages/trainer/test/checks/steps.ts')],
    bundle: true,
    write: false,
    target: 'es2022',
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
    external: ['@tensorflow/*', 'webgpu'],
    tsconfig: join(root, 'tsconfig.json'), // its paths lead to the sources
  });
  writeFileSync(join(folder, 'steps.cjs'), outputFiles[0]!.text);
}

/** Runs the steps there in a process of its own; throws unless that ends well and by itself. */
export function runSteps(
  folder: string,
  task: StepsTask,
  options: { env?: NodeJS.ProcessEnv; node?: string; seconds?: number } = {},
): Steps {
  const { env, node = process.execPath, seconds = 500 } = options;
  const { stdout, stderr, error, status } = spawnSync(node, ['steps.cjs', JSON.stringify(task)], {
    cwd: folder,
    encoding: 'utf8',
    timeout: seconds * 1000,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...env },
  });
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (status !== 0 || line === undefined)
    throw new Error(
      `steps on ${task.backend} gave ${stdout || 'nothing'}: ${error ?? ''} ${stderr.slice(-2000)}`,
    );
  const found = JSON.parse(line) as Steps & { threw?: string };
  if (found.threw !== undefined) throw new Error(found.threw);
  return found;
}
