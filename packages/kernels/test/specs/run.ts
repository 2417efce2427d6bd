import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '@segloss/testing';
import { buildSync } from 'esbuild';

import { wasmPaths } from '../hosts/bundle';
import { type SpecResults, type SpecTask } from './worker';

/** What becomes of tfjs's specs without our kernels and with them. */
export async function runSpecs(): Promise<{ without: SpecResults; withKernels: SpecResults }> {
  const folder = mkdtempSync(join(tmpdir(), 'segloss-specs-'));
  try {
    const script = join(folder, 'specs.cjs');
    writeFileSync(script, bundle());
    const [without, withKernels] = await Promise.all(
      [false, true].map((kernels) => run(script, { kernels, wasmPaths })),
    );
    return { without: without!, withKernels: withKernels! };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function bundle(): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, 'packages/kernels/test/specs/worker.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'es2022',
    mainFields: ['module', 'main'], // one tfjs-core, that of the specs
    ignoreAnnotations: true, // which call the specs free of side effects
    external: ['jasmine-core'],
    tsconfig: join(root, 'tsconfig.json'),
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

function run(script: string, task: SpecTask): Promise<SpecResults> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, JSON.stringify(task)], {
      env: { ...process.env, NODE_PATH: join(root, 'node_modules') },
    });
    const [out, errors]: [string[], string[]] = [[], []];
    child.stdout.on('data', (text) => out.push(String(text)));
    child.stderr.on('data', (text) => errors.push(String(text)));
    child.on('error', reject);
    child.on('close', () => {
      const line = out
        .join('')
        .split('\n')
        .find((text) => text.startsWith('{'));
      if (line === undefined) reject(new Error(`the specs gave nothing: ${errors.join('').slice(-2000)}`));
      else resolve(JSON.parse(line) as SpecResults);
    });
  });
}
