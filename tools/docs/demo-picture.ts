import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripChart } from '@segloss/charts';
import { root } from '@segloss/testing';

import { trainedSizes } from '../../apps/benchmark/src/benchmark/region-sizes.js';
import { sizeChartOptions } from '../../apps/benchmark/src/benchmark/report/size-chart.js';
import { readResults } from '../../apps/benchmark/src/benchmark/results.js';
import { sizeSentences } from '../../apps/benchmark/src/benchmark/size-sentences.js';
import { leaderboard } from '../../apps/benchmark/src/benchmark/table.js';
import { type Generator, withSection } from './generator.js';

const COMMAND = 'apps/benchmark/bin/segloss.mjs';
const PAGES = { light: '#1f2328', dark: '#e6edf3' };

/** The picture of the root's README and what it shows in words: the result of `segloss demo`, which is the same on every machine. */
export const demoPicture: Generator = {
  name: 'demo',
  slow: {
    inputs: {
      files: ['embedded.ts', 'size-sentences.ts', 'report/size-chart.ts'].map(
        (name) => `apps/benchmark/src/benchmark/${name}`,
      ),
      packages: false,
    },
    seconds: 120,
  },
  missing: () =>
    existsSync(join(root, 'apps/benchmark/dist/cli.js')) ? undefined : 'segloss is not built: npm run build',
  generate() {
    const folder = mkdtempSync(join(tmpdir(), 'segloss-demo-'));
    try {
      const { status, stderr } = spawnSync(process.execPath, [join(root, COMMAND), 'demo', '--out', folder], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`segloss demo ended with code ${status}: ${stderr.slice(-500)}`);
      const trainings = trainedSizes(leaderboard(readResults(folder)));
      const chart = { ...sizeChartOptions(trainings), width: 760 };
      const pictures = Object.entries(PAGES).map(([page, color]) => {
        const svg = stripChart(chart).replace('<svg ', `<svg style="color:${color}" `);
        return [`docs/demo-sizes-${page}.svg`, `${svg}\n`] as const;
      });
      return new Map([
        ...withSection('README.md', 'demo', sizeSentences(trainings).map((text) => `- ${text}`).join('\n')), // prettier-ignore
        ...pictures,
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
