import { setBackend } from '@tensorflow/tfjs-core';
import { goldenFile, type GoldenFile } from '@segloss/testing';

import { compareFile } from '../../packages/losses/test/parity/compare.js';
import { fixtureFile, type FixtureFile } from '../../packages/losses/test/parity/fixture.js';
import { countsOf, libraryTable } from '../../packages/losses/test/parity/table.js';
import { type Generator } from './generator.js';

const LIBRARIES = [
  'monai',
  'seglossbias',
  'seglossodyssey',
  'fixture',
  'segmentation_models_pytorch',
  'recent-losses',
] as const;

/** Not the code of a library: a small input, and the code of papers. */
const OTHERS: readonly string[] = ['fixture', 'recent-losses'];

const golden = (library: string): GoldenFile =>
  library === 'fixture' ? fixtureFile(goldenFile('fixture') as unknown as FixtureFile) : goldenFile(library)!;

/** docs/losses/parity.md: how many values and gradients of other libraries segloss reproduces. */
export const parity: Generator = {
  name: 'parity',
  checkedBy: 'packages/losses/test/parity.1of3.test.ts',
  missing: () => (goldenFile('monai') === undefined ? '../shared/golden is not there' : undefined),
  async generate() {
    await setBackend('cpu');
    const outcomes = LIBRARIES.map((library) => ({ library, all: compareFile(golden(library)) }));
    const finite = outcomes.filter(({ library }) => !OTHERS.includes(library)).flatMap(({ all }) => all);
    const { passed } = countsOf(finite);
    const share = ((100 * passed) / finite.length).toFixed(1);
    const introduction = [
      '# Parity with other libraries',
      '',
      "Each case is a value and a gradient that the library's own code computed in float64. A case passes if the value agrees within 1e-5 · max(1, |v|),",
      'each term of a compound likewise, and the gradient within 1e-4 · max(max |g|, 1e-3), on the cpu and the wasm backend. A case is skipped if',
      'the library is wrong, if its value is not finite (segloss then has to be), or if segloss refuses the option by design; the reason stands below',
      `each table. Of ${finite.length} cases of the four libraries ${passed} pass (${share} %). \`fixture\` is one small input with one case for each loss and library,`,
      'and `recent-losses` holds losses of recent papers, from the code of the authors where there is any, else from the formula.',
      '',
      '```',
      'npm run parity -- ../shared/golden',
      '```',
      '',
      'The tables show the cpu backend. `npm run docs:generate` writes them.',
      '',
      'These files are not part of the repository. `packages/losses/test/golden/golden.json`, with values and gradients that numpy computes from the formulas, is;',
      '`npx jest --selectProjects losses --testPathPatterns golden` compares them.',
      '',
    ].join('\n');
    const tables = outcomes.map(({ library, all }) => libraryTable(library, all));
    return new Map([['docs/losses/parity.md', [introduction, ...tables].join('\n')]]);
  },
};
