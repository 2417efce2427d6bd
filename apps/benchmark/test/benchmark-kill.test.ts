// `npm run build` first. The same program with 60 runs and ten kills: node tools/kill-benchmark.mjs
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { expect, it } from '@jest/globals';
import { root } from '@segloss/testing';

it('a benchmark killed by -9 and started again trains every run once and ends bit-identical', () => {
  const program = path.join(root, 'tools/kill-benchmark.mjs');
  const { stdout, stderr } = spawnSync(process.execPath, [program, '--small', '--kills', '3'], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ runs: 4, lastExitCode: 0, finished: 4, different: [] });
});
