import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LossCard } from '../src/card/card.js';

const command = path.resolve(__dirname, '../bin/segloss.mjs');
const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-card-'));

/** Runs the built command in a folder outside of the packages. */
function segloss(...flags: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...flags], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stdout: stdout.replaceAll('\u00a0', ' '), stderr };
}

beforeAll(() => {
  if (!existsSync(path.resolve(__dirname, '../dist/cli.js'))) {
    throw new Error('the command is not built: run `npm run build` first');
  }
  writeFileSync(
    path.join(folder, 'mine.ts'),
    `import { defineLoss } from '@segloss/losses';
import { add, div, log, mean, mul, neg, sub, type Scalar, type Tensor } from '@tensorflow/tfjs-core';

const make = (name: string, formula: (y: Tensor, s: Tensor, both: Tensor) => Tensor) =>
  defineLoss({
    name,
    summary: 'a loss with a mistake',
    defaults: {},
    statistics: () => ['target', 'predicted', 'overlap'] as const,
    compute: ({ target, predicted, overlap }) => mean(formula(target, predicted, overlap)) as Scalar,
  });
export const turned = make('turned', (y, s, both) => div(add(mul(2, both), 1), add(add(y, s), 1)));
export const nan = make('nan', (y, s) => neg(log(sub(y, s))));
`,
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('segloss loss card', () => {
  it('writes the page and the numbers of a spec, and prints its sentences', () => {
    const { status, stdout } = segloss('loss', 'card', 'ce', '--json', 'numbers/ce.json');
    expect(status).toBe(0);
    expect(stdout).toContain('prefers the true size: for a region of 1 % of the image it is least at 1 %.');
    expect(stdout).toContain('pushed back as hard as by CE.');
    expect(stdout).toContain('the best prediction has the mean of their volumes.');
    expect(stdout).toContain(`card: ${path.join(folder, 'bias-card-ce.html')}`);
    const page = readFileSync(path.join(folder, 'bias-card-ce.html'), 'utf8');
    expect(page).toContain('<title>Bias card of ce</title>');
    expect(page).toContain('segloss loss card ce --json numbers/ce.json');
    expect(page).not.toContain('This loss is broken');
    const card = JSON.parse(readFileSync(path.join(folder, 'numbers/ce.json'), 'utf8')) as LossCard;
    expect(card.profile.findings).toEqual([]);
    for (const { q, minimizer } of card.profile.families.filter(({ family }) => family === 'uniform')) {
      expect(Math.abs(minimizer!.p / q - 1)).toBeLessThan(0.02); // theory: p = q
    }
  });

  it.each([
    ['turned', /^broken: It is greatest where the prediction is right: its sign/],
    ['nan', /^broken: It gives NaN/],
  ])('says that ./mine.ts#%s is broken, on the page too', (name, message) => {
    const { status, stdout, stderr } = segloss('loss', 'card', `./mine.ts#${name}`, '--out', `${name}.html`);
    expect(status).toBe(0);
    expect(stdout).toMatch(message);
    expect(stderr).toMatch(/mine\.ts, sha256 [0-9a-f]{64}/);
    expect(readFileSync(path.join(folder, `${name}.html`), 'utf8')).toContain('This loss is broken');
  });

  it.each([
    [2, ['dise'], /unknown loss "dise"/],
    [2, [], /missing required argument 'spec'/],
    [2, ['./none.ts#x'], /wanted a module, got no file at .*none\.ts/],
    [2, ['ce', '--outt', 'x'], /unknown option '--outt'/],
    [1, ['ce', '--out', 'mine.ts/x.html'], /mine\.ts/],
    [
      2,
      ['./mine.ts#turned', '--out', 'mine.ts', '--overwrite'],
      /mine\.ts: the output would replace a file that is read/,
    ],
    [2, ['ce', '--json', 'mine.ts'], /mine\.ts: there already, and not written by segloss/],
    [2, ['ce', '--out', 'a.html', '--json', 'a.html'], /--json: wanted another file than the page/],
  ] as const)('ends with %i and one message, before it measures: %j', (code, flags, message) => {
    const { status, stdout, stderr } = segloss('loss', 'card', ...flags);
    expect(status).toBe(code);
    expect(stderr).toMatch(message);
    expect(stderr.split('\n').filter((line) => line.startsWith('segloss: '))).toHaveLength(1);
    expect(stderr).not.toContain('measuring');
    expect(stdout).toBe('');
  });
});
