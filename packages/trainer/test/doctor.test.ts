import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { doctor } from '@segloss/trainer';

import { temporaryFolder } from '../../../test/packed';

const temporary = temporaryFolder();
afterAll(() => temporary.remove());

describe('doctor', () => {
  it('describes the machine without a trial', async () => {
    const report = await doctor({ backends: [] });
    expect(report).toMatchObject({
      platform: `${process.platform} ${process.arch}`,
      versions: { node: process.versions.node, tfjs: '4.22.0' },
      wasm: { simd: true, threads: true },
      backends: [],
      best: undefined,
    });
    expect(report.wasm.relaxedSimd).toBe(Number(process.versions.node.split('.')[0]) >= 22);
    expect(report.cores).toBeGreaterThanOrEqual(1);
    expect(report.memory).toBeGreaterThan(2 ** 28);
  });

  it('refuses what it does not know', async () => {
    await expect(doctor({ backends: ['cuda' as never] })).rejects.toThrow(
      'wanted backends of tensorflow, webgpu, wasm, cpu, got "cuda"',
    );
    await expect(doctor({ seconds: 0 })).rejects.toThrow('wanted seconds to be positive, got 0');
    await expect(doctor({ second: 1 } as never)).rejects.toThrow('(did you mean "seconds"?)');
  });
});

const built = existsSync(join(root, 'packages/trainer/dist/backend-child.js'));
(built ? describe : describe.skip)(`doctor${built ? '' : ' (skipped: the package is not built)'}`, () => {
  const before = process.env['NODE_OPTIONS'];
  afterEach(() => {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  });

  /** Has every trial run this first, as a native library would when it is loaded. */
  function preload(name: string, code: string): void {
    const path = join(temporary.path, `${name}.cjs`);
    writeFileSync(path, code);
    process.env['NODE_OPTIONS'] = `--require=${path}`;
  }

  it('tries a backend in a process of its own', async () => {
    const { backends, best } = await doctor({ backends: ['cpu'] });
    expect(backends).toMatchObject([{ name: 'cpu', status: 'works' }]);
    expect(backends[0]!.seconds).toBeGreaterThan(0.05);
    expect(best).toBe('cpu');
  });

  it('outlives a crash, and tells its last words', async () => {
    preload('crash', `console.error('illegal instruction'); process.kill(process.pid, 'SIGSEGV')`);
    const { backends, best } = await doctor({ backends: ['tensorflow'] });
    expect(backends).toMatchObject([
      {
        name: 'tensorflow',
        status: 'broken',
        reason: 'its process ended by SIGSEGV: illegal instruction',
        remedy: expect.stringContaining('npx segloss setup-native'),
      },
    ]);
    expect(best).toBeUndefined();
  });

  it('does not wait for one that hangs', async () => {
    preload('hang', 'for (;;);');
    const { backends } = await doctor({ backends: ['wasm'], seconds: 1 });
    expect(backends).toMatchObject([{ name: 'wasm', status: 'broken', reason: 'it did not answer in 1 s' }]);
  });
});
