// Runs the built command in a temporary folder outside of the packages.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const binary = path.resolve(__dirname, '../bin/segloss.mjs');
const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' };

/** The command and the folder that it runs in. */
export function builtCommand(name: string) {
  if (!existsSync(path.resolve(__dirname, '../dist/cli.js'))) {
    throw new Error('the command is not built: run `npm run build` first');
  }
  const folder = mkdtempSync(path.join(os.tmpdir(), `segloss-${name}-`));
  return {
    folder,
    at: (...parts: string[]) => path.join(folder, ...parts),
    remove: () => rmSync(folder, { recursive: true, force: true }),
    /** Runs to the end. */
    segloss(...flags: string[]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [binary, ...flags], { cwd: folder, encoding: 'utf8', env }); // prettier-ignore
      return { status, stdout, stderr, message: stderr.trim().split('\n') };
    },
    /** Starts; `text` is what was printed so far, and `ended` resolves to the exit code. */
    start(...flags: string[]) {
      const child = spawn(process.execPath, [binary, ...flags], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }); // prettier-ignore
      const started = {
        process: child,
        text: '',
        ended: new Promise<number | null>((resolve) => child.on('close', resolve)),
      };
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data: Buffer) => {
          started.text += data.toString();
        });
      return started;
    },
    /** Starts, calls `onText` with everything that was printed so far, and waits for the end. */
    async disturbed(
      flags: readonly string[],
      onText: (text: string, child: ReturnType<typeof spawn>) => void,
    ) {
      const child = spawn(process.execPath, [binary, ...flags], { cwd: folder, env, detached: true });
      let text = '';
      const gather = (data: Buffer) => onText((text += data.toString()), child);
      child.stderr.on('data', gather);
      child.stdout.on('data', gather);
      const [status, killedBy] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
        child.on('close', (code, signal) => resolve([code, signal])),
      );
      return { status, killedBy, text };
    },
  };
}

/** The files of the runs of a benchmark, by the names of their folders. */
export function runFiles(benchmark: string, file: string): Record<string, Buffer> {
  const runs = path.join(benchmark, 'runs');
  const names = readdirSync(runs).sort();
  return Object.fromEntries(
    names
      .filter((name) => existsSync(path.join(runs, name, file)))
      .map((name) => [name, readFileSync(path.join(runs, name, file))]),
  );
}
