import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import { type DoctorReport } from '@segloss/trainer';
import pc from 'picocolors';

import { renderDoctor } from '../src/commands/doctor.js';

const command = path.resolve(__dirname, '../bin/segloss.mjs');
const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'segloss-backends-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the built command in a folder outside of the packages. */
function segloss(...flags: string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [command, ...flags], { cwd: folder, encoding: 'utf8', env });
}

describe('segloss doctor', () => {
  it('gives every backend as JSON, and succeeds where one works', () => {
    const { status, stdout } = segloss('doctor', '--json');
    const report = JSON.parse(stdout) as DoctorReport;
    expect(status).toBe(0);
    expect(report.backends.map(({ name }) => name)).toEqual(['tensorflow', 'webgpu', 'wasm', 'cpu']);
    for (const name of ['wasm', 'cpu']) {
      expect(report.backends.find((backend) => backend.name === name)).toMatchObject({ status: 'works' });
    }
    for (const { status, reason, remedy } of report.backends) {
      expect(reason).not.toBe('');
      if (status !== 'works') expect(remedy).toMatch(/npm install/);
    }
    expect(report.backends.filter(({ status }) => status === 'works').map(({ name }) => name)).toContain(
      report.best,
    );
  });

  it('says in words what works, why others do not, and what auto takes', () => {
    const text = renderDoctor(
      {
        versions: { segloss: '1.2.3', node: '20.20.2', tfjs: '4.22.0' },
        ...{ platform: 'linux x64', processor: 'Some CPU', cores: 2, memory: 2 ** 33 },
        gpus: ['NVIDIA T4, 15360 MiB, driver 550'],
        wasm: { simd: true, relaxedSimd: false, threads: true },
        backends: [
          {
            name: 'tensorflow',
            status: 'broken',
            reason: 'its process ended by SIGSEGV',
            remedy: 'do this',
            seconds: 2,
          },
          {
            ...{ name: 'webgpu', status: 'works', reason: 'WebGPU on T4, a GPU', seconds: 1.26 },
            webgpu: { adapter: 'T4', software: false },
          },
        ],
        best: 'webgpu',
      },
      pc.createColors(false),
    );
    expect(text.split('\n')).toEqual([
      'versions     segloss 1.2.3, Node 20.20.2, tfjs 4.22.0',
      'machine      linux x64, 2 cores of Some CPU, 8.0 GiB',
      'GPU          NVIDIA T4, 15360 MiB, driver 550; T4 (through WebGPU)',
      'WebAssembly  SIMD yes, relaxed SIMD no (Node 22 and newer), threads yes',
      '',
      '✗ tensorflow  broken   its process ended by SIGSEGV  (2.0 s)',
      '              get it:  do this',
      '✓ webgpu      works    WebGPU on T4, a GPU  (1.3 s)',
      '',
      '"auto" selects webgpu.',
      '',
    ]);
  });
});

describe('segloss setup-native', () => {
  it('announces a step, says what failed and what to do, and ends with 1', () => {
    const { status, stdout, stderr } = segloss('setup-native', '--wheel', 'none.whl');
    expect(stderr.trim().split('\n')).toEqual([
      'wheel      failed',
      `segloss: setup-native, wheel: tried the wheel ${path.join(folder, 'none.whl')}, got no such file; give --wheel the path of a wheel of tensorflow-cpu or tensorflow`,
    ]);
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });

  it('refuses a flag that it does not have, with 2', () => {
    const { status, stderr } = segloss('setup-native', '--cuda');
    expect(stderr).toContain("unknown option '--cuda'");
    expect(status).toBe(2);
  });
});
