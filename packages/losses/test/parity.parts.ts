import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeEachBackend, goldenFile, root, type Part } from '@segloss/testing';

import { compareFile } from './parity/compare';
import { fixtureFile, type FixtureFile } from './parity/fixture';
import { countsOf, libraryTable } from './parity/table';

// Every case counts: one that is left out, or a skip more, turns this red.
const COUNTS = {
  monai: { passed: 502, failed: 0, skipped: 40 },
  seglossbias: { passed: 650, failed: 0, skipped: 87 },
  seglossodyssey: { passed: 296, failed: 0, skipped: 9 },
  fixture: { passed: 158, failed: 0, skipped: 0 },
  segmentation_models_pytorch: { passed: 486, failed: 0, skipped: 9 },
  'recent-losses': { passed: 480, failed: 0, skipped: 2 },
};

const golden = (library: string) =>
  library === 'fixture' ? fixtureFile(goldenFile('fixture') as unknown as FixtureFile) : goldenFile(library)!;

const page = readFileSync(join(root, 'docs/losses/parity.md'), 'utf8');

/** The cases of a part; each file beside this one runs one. */
export function parity(part: Part): void {
  if (goldenFile('monai') === undefined) {
    describe.skip('the values of other libraries (skipped: ../shared/golden is not there)', () => {
      it('agree', () => undefined);
    });
  } else {
    describeEachBackend('the values of other libraries', ({ name }) => {
      it.each(part(Object.entries(COUNTS)))(
        'agree in value, terms and gradient: %s; else run npm run docs:generate -- parity',
        (library, counts) => {
          const outcomes = compareFile(golden(library));
          const failures = outcomes.filter(({ result }) => result === 'failed');
          expect(failures.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([]);
          expect(countsOf(outcomes)).toEqual(counts);
          if (name === 'cpu') expect(page).toContain(libraryTable(library, outcomes));
        },
      );
    });
  }
}
