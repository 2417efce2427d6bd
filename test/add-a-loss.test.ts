import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';

// The steps of "Add a loss" in CONTRIBUTING.md, taken on a scratch copy of what they touch.

const COPIED = ['jest.config.cjs', 'turbo.json', 'package.json', 'tools/docs', 'packages/losses', 'packages/bias', 'packages/testing', 'packages/common', 'packages/geometry', 'test/seconds.json']; // prettier-ignore

/** The code blocks of the section, without their indentation: the file, the line, the reference value. */
function steps(): [file: string, line: string, reference: string] {
  const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const section = page.split('\n## ').find((part) => part.startsWith('Add a loss'))!;
  const blocks = [...section.matchAll(/^( *)(`{3,})ts no-run\n([\s\S]*?)^\1\2$/gm)];
  const code = blocks.map(([, indent, , text]) => text!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
  expect(code).toHaveLength(3);
  return code as [string, string, string];
}

describe('adding a loss as CONTRIBUTING.md says', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'add-a-loss-'));
  const inScratch = (path: string) => join(scratch, path);
  const losses = 'packages/losses';

  beforeAll(() => {
    for (const path of COPIED) {
      cpSync(join(root, path), inScratch(path), {
        recursive: true,
        filter: (source) => !['node_modules', 'dist', '.turbo'].includes(basename(source)),
      });
    }
    mkdirSync(inScratch('apps'));
    symlinkSync(join(root, 'node_modules'), inScratch('node_modules'));
    const [file, line, reference] = steps();
    writeFileSync(inScratch(`${losses}/src/losses/squared-error.ts`), file);
    appendFileSync(inScratch(`${losses}/src/losses/index.ts`), line);
    const values = inScratch(`${losses}/test/reference-values.ts`);
    const start = 'export const references: Readonly<Record<string, () => number>> = {\n';
    const text = readFileSync(values, 'utf8');
    expect(text).toContain(start);
    writeFileSync(values, text.replace(start, start + reference));
    writeFileSync(
      inScratch(`${losses}/test/squared-error-everywhere.test.ts`),
      `import { expect, it } from '@jest/globals';
import { lossNames, parseLoss } from '@segloss/losses';
import { lossPages } from '../../../tools/docs/loss-pages';
it('squared-error is in the grammar and has a page', () => {
  expect(lossNames()).toContain('squared-error');
  expect(parseLoss('ce + 0.5*squared-error(scale=2)').terms).toHaveLength(2);
  const page = lossPages().get('squared-error')!;
  expect(page).toContain('Averages the squared errors');
  expect(page).toContain('| \`scale\` |');
});
`,
    );
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  it('keeps the contract, has a value that is proven, a place in the grammar and a page', () => {
    const output = inScratch('results.json');
    const jest = join(root, 'node_modules/jest/bin/jest.js');
    const found = spawnSync(
      process.execPath,
      [jest, '--selectProjects', 'losses', '-w', '1', '--testPathPatterns', 'contract|reference|pairs|everywhere', '-t', 'squared-error', '--json', '--outputFile', output], // prettier-ignore
      { cwd: scratch, encoding: 'utf8' },
    );
    if (!existsSync(output)) throw new Error(found.stderr);
    const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as {
      testResults: { assertionResults: { fullName: string; status: string; failureMessages: string[] }[]; message: string }[]; // prettier-ignore
    };
    const cases = testResults.flatMap(({ assertionResults }) => assertionResults);
    const run = cases.filter(({ status }) => status !== 'pending');
    expect(run.flatMap(({ failureMessages }) => failureMessages)).toEqual([]);
    const names = run.map(({ fullName }) => fullName).join('\n');
    for (const part of [
      'the contract of every loss on cpu squared-error',
      'the contract of every loss on wasm squared-error',
      'values from plain float64 loops on cpu squared-error',
      'squared-error has golden or reference values',
      'every pair of options of squared-error',
      'squared-error is in the grammar and has a page',
    ]) {
      expect(names).toContain(part);
    }
    expect(found.status).toBe(0);
  });
});
