import { randomStream, type RandomStream } from '@segloss/data/samples';

import { hierarchicalMean, type ScoreTable } from '../../apps/benchmark/src/benchmark/statistics/index.js';
import { table, withSection, type Generator } from './generator.js';

const SIMULATIONS = 1000;
const RESAMPLES = 400;

/** Standard deviations of the effect of a seed, of a case, and of both together. */
const EFFECTS = [
  { name: 'cases differ', seed: 0, case: 1, residual: 0.5 },
  { name: 'cases differ, seeds a little', seed: 0.3, case: 1, residual: 0.5 },
  { name: 'both differ', seed: 1, case: 1, residual: 1 },
  { name: 'noise alone', seed: 0.1, case: 0, residual: 1 },
];
const SIZES: readonly (readonly [seeds: number, cases: number])[] = [
  [1, 20],
  [3, 20],
  [5, 10],
  [5, 30],
  [5, 100],
  [10, 50],
];

/** Both have mean 0 and standard deviation 1. */
const SHAPES: Record<string, (random: RandomStream) => number> = {
  normal: (random) => random.normal(),
  'a long tail of bad cases': (random) => 1 + Math.log(1 - random.uniform()),
};

/** docs/statistics.md: the share of simulated 95 % intervals that hold the true mean. */
export const intervalCoverage: Generator = {
  name: 'statistics',
  slow: { inputs: { files: ['tools/docs/interval-coverage.ts'], packages: true }, seconds: 60 },
  generate: () => withSection('docs/statistics.md', 'coverage', coverageTable()),
};

function coverageTable(): string {
  const head = ['scores', 'cases are', ...SIZES.map(([seeds, cases]) => `${seeds} x ${cases}`)];
  const rows = EFFECTS.flatMap((effects) =>
    Object.keys(SHAPES).map((shape) => [
      effects.name,
      shape,
      ...SIZES.map((size) =>
        size[0] === 1 && effects.seed > 0 ? '–' : percent(coverage(size, effects, shape)),
      ),
    ]),
  );
  return table(head, rows);
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function coverage(size: (typeof SIZES)[number], effects: (typeof EFFECTS)[number], shape: string): number {
  const random = randomStream(`${size} ${effects.name} ${shape}`);
  let covered = 0;
  for (let i = 0; i < SIMULATIONS; i++) {
    const scores = simulate(size, effects, SHAPES[shape]!, random);
    const { interval } = hierarchicalMean(scores, { random: random.uniform, resamples: RESAMPLES });
    if (interval![0] <= 0 && 0 <= interval![1]) covered++;
  }
  return covered / SIMULATIONS;
}

function simulate(
  [seeds, cases]: readonly [number, number],
  effects: (typeof EFFECTS)[number],
  shape: (random: RandomStream) => number,
  random: RandomStream,
): ScoreTable {
  const byCase = Array.from({ length: cases }, () => effects.case * shape(random));
  const scores = Array.from({ length: seeds }, () => {
    const bySeed = effects.seed * random.normal();
    return Float64Array.from(byCase, (effect) => effect + bySeed + effects.residual * random.normal());
  });
  return { seeds: scores.map((_, s) => s), cases: byCase.map((_, c) => `${c}`), scores };
}
