// Simulates how often the 95 % intervals of benchmarks hold the true mean, and writes the table in docs/statistics.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { bundle, root } from '../bundle.mjs';

const program = await bundle({
  name: 'interval-coverage',
  entry: 'tools/docs/interval-coverage.ts',
  packages: ['data'],
  format: 'esm',
});
const { coverageTable } = await import(pathToFileURL(program).href);
const page = join(root, 'docs/statistics.md');
const [before, after] = ['<!-- coverage: generated -->', '<!-- /coverage -->'];
const text = readFileSync(page, 'utf8');
const from = text.indexOf(before) + before.length;
const to = text.indexOf(after);
if (from < before.length || to < from) throw new Error(`${page}: wanted the marks ${before} and ${after}`);
writeFileSync(page, `${text.slice(0, from)}\n\n${coverageTable()}\n\n${text.slice(to)}`);
