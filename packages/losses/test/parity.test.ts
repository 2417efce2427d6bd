import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeEachBackend, goldenFile, root } from '@segloss/testing';

import { compareFile } from './parity/compare';
import { countsOf, libraryTable } from './parity/table';

// Every case counts: one that is left out, or a skip more, turns this red.
const COUNTS = {
  monai: { passed: 382, failed: 0, skipped: 160 },
  seglossbias: { passed: 626, failed: 0, skipped: 111 },
  seglossodyssey: { passed: 169, failed: 0, skipped: 136 },
  segmentation_models_pytorch: { passed: 460, failed: 0, skipped: 35 },
};

if (goldenFile('monai') === undefined) {
  describe.skip('the values of other libraries (skipped: ../shared/golden is not there)', () => {
    it('agree', () => undefined);
  });
} else {
  describeEachBackend('the values of other libraries', () => {
    it.each(Object.entries(COUNTS))('agree in value, terms and gradient: %s', (library, counts) => {
      const outcomes = compareFile(goldenFile(library)!);
      const failures = outcomes.filter(({ result }) => result === 'failed');
      expect(failures.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([]);
      expect(countsOf(outcomes)).toEqual(counts);
    });
  });

  describe('docs/losses/parity.md', () => {
    const page = join(root, 'docs/losses/parity.md');
    const plain = (text: string) => text.replace(/ +/g, ' ').replace(/-+/g, '-');

    it.each(Object.keys(COUNTS))('shows the table of %s as it is now', (library) => {
      expect(existsSync(page)).toBe(true);
      const table = libraryTable(library, compareFile(goldenFile(library)!));
      expect(plain(readFileSync(page, 'utf8'))).toContain(plain(table).trim());
    });
  });
}
