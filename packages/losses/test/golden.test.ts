import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeEachBackend, type GoldenFile } from '@segloss/testing';

import { compareFile } from './parity/compare';

// Values and gradients that golden.py computes with numpy; every clone has them.

const folder = join(__dirname, 'golden');
const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as GoldenFile;
const losses = new Set(golden.cases.map(({ loss }) => loss.split('(')[0]!));

describeEachBackend('values and gradients from numpy', () => {
  it.each([...losses])('%s', (name) => {
    const cases = golden.cases.filter(({ loss }) => loss.split('(')[0] === name);
    const outcomes = compareFile({ ...golden, cases });
    expect(outcomes.filter(({ result }) => result !== 'passed')).toEqual([]);
  });
});

describe('golden.json', () => {
  it('holds two kinds of logits, ignored pixels, and gradients that are not 0', () => {
    expect(losses.size).toBeGreaterThanOrEqual(25);
    for (const { labels, mode, shapeLogits } of Object.values(golden.inputs)) {
      expect(labels.filter((label) => label === 255)).toHaveLength(3);
      expect(shapeLogits[1]).toBe(mode === 'binary' ? 1 : 3);
    }
    for (const { grad64, shapeLogits } of golden.cases) {
      expect(grad64).toHaveLength(shapeLogits.reduce((a, b) => a * b));
      expect(Math.max(...grad64.map((g) => Math.abs(Number(g))))).toBeGreaterThan(1e-4);
    }
  });

  const numpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
  const title = 'is what golden.py writes';
  if (numpy) {
    it(title, () => {
      const { stderr, status } = spawnSync('python3', [join(folder, 'golden.py'), '--check'], {
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(status).toBe(0);
    });
  } else it.skip(`${title} (skipped: python3 with numpy is not there)`, () => undefined);
});
