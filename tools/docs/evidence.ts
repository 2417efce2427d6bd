import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '@segloss/testing';

import { paperFigures } from '../../apps/benchmark/src/replicate/claims/figures.js';
import { paperSections } from '../../apps/benchmark/src/replicate/claims/sections.js';
import { unpackRows } from '../../apps/benchmark/src/replicate/rows.js';
import { read, withSection, type Generator } from './generator.js';

const PAGE = 'docs/evidence.md';
const rows = (name: string) =>
  unpackRows(readFileSync(join(root, `experiments/paper/results/${name}.json.gz`)));

/** docs/evidence.md: every table and figure, from the rows in experiments/paper/results. */
export const evidence: Generator = {
  name: 'evidence',
  generate() {
    const results = {
      long: rows('claims-long'),
      short: rows('claims'),
      imbalance: rows('imbalance'),
      temperature: rows('temperature'),
    };
    const page = Object.entries(paperSections(results)).reduce(
      (text, [name, content]) => withSection(PAGE, name, content, text).get(PAGE)!,
      read(PAGE),
    );
    const figures = [...paperFigures(results)].map(([name, svg]) => [`docs/${name}`, svg] as const);
    return new Map([[PAGE, page], ...figures]);
  },
};
