import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type NodeTask } from '../checks/in-node';
import { bundle, wasmPaths } from './bundle';

/** Runs the checks in a Node process, for a limited number of seconds, and returns what they found. */
export function checkInNode<Found>(
  task: Omit<NodeTask, 'wasmPaths'>,
  options: { packages: 'sources' | 'built'; seconds: number; node?: string; env?: NodeJS.ProcessEnv },
): Found {
  const folder = mkdtempSync(join(tmpdir(), 'segloss-checks-'));
  try {
    const script = join(folder, 'checks.cjs');
    writeFileSync(script, bundle('in-node', options.packages));
    const { stdout, stderr, error } = spawnSync(
      options.node ?? process.execPath,
      [script, JSON.stringify({ ...task, wasmPaths } satisfies NodeTask)],
      {
        encoding: 'utf8',
        timeout: options.seconds * 1000,
        killSignal: 'SIGKILL',
        env: { ...process.env, ...options.env },
      },
    );
    const line = stdout.split('\n').find((text) => text.startsWith('{'));
    if (line === undefined) throw new Error(`the checks gave nothing: ${error ?? ''} ${stderr.slice(-2000)}`);
    return JSON.parse(line) as Found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
