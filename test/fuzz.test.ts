import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { fuzz } from '../tools/fuzz/fuzz.js';
import { TARGETS } from '../tools/fuzz/targets/index.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'segloss-fuzz-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a short run of npm run fuzz', () => {
  it.each(Object.keys(TARGETS))('finds nothing in %s', async (target) => {
    const { runs, findings } = await fuzz({
      seed: 15,
      folder,
      targets: [target],
      goOn: (inputs) => inputs < 60,
    });
    expect(findings).toEqual([]);
    expect(runs).toEqual({ [target]: 60 });
  });
});
