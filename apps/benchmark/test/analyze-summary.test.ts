// What `segloss analyze` prints without --full: every number is counted by hand.
import path from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';

import { analyze, putMask, some, temporaryFolder } from './analyze-run.js';

const folder = temporaryFolder();
const put = (name: string, ones: number) => putMask(path.join(folder, name), some(ones), [10, 10]);

/** True regions of ten images with a region, in pixels of 100, and one image without. */
const TRUE = [2, 4, 6, 8, 10, 20, 30, 40, 50, 60, 0];
/** The region of image 0 is missed, and image 10 has an invented one. */
const HALF = [0, 2, 3, 4, 5, 10, 15, 20, 25, 30, 1];

beforeAll(() => {
  TRUE.forEach((ones, i) => {
    const name = `${String(i).padStart(2, '0')}.png`;
    put(`gt/${name}`, ones);
    put(`half/${name}`, HALF[i]!);
    put(`exact/${name}`, ones);
  });
});

describe('the summary of segloss analyze', () => {
  it('leads with the verdict, and fits a screen', async () => {
    const { stdout } = await analyze(folder, { pred: ['half'], gt: 'gt' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(25);
    expect(Math.max(...lines.slice(3).map(({ length }) => length))).toBeLessThanOrEqual(100);
    // 115 predicted pixels for 230 true ones.
    expect(lines[4]).toMatch(/^half: "foreground" is predicted too small: 0\.50 \[/);
    expect(stdout).toContain('Too few cases to compare small regions with large ones.');
    expect(stdout).toMatch(/--full prints every table/);
  });

  it('has one table: sizes at both ends, Dice, and missed and invented regions', async () => {
    const { stdout } = await analyze(folder, { pred: ['half'], gt: 'gt' });
    expect(stdout.match(/┌/g)).toHaveLength(1);
    // Smallest: 2 of 6 pixels; largest: 75 of 150. Dice of a half is 2/3: 9 of those, and 0 for the missed and the invented region.
    expect(stdout).toMatch(
      /│ half +│ +0\.50 \[[\d., ]+\] +│ +0\.33 +│ +0\.50 +│ +0\.545 +│ +1 of 10 +│ +1 of 1 +│/,
    );
    expect(stdout).toMatch(/│ smallest 2 +│ +largest 3 +│/);
  });

  it('names the cases with the largest errors in the image, and next to the true size', async () => {
    const { stdout } = await analyze(folder, { pred: ['half'], gt: 'gt' });
    const [, cases] = stdout.split(/Cases to look at.*:\n/);
    expect(cases!.split('\n').slice(0, 7)).toEqual([
      '  half  09  too small: 30 % of the image instead of 60 %',
      '  half  08  too small: 25 % of the image instead of 50 %',
      '  half  07  too small: 20 % of the image instead of 40 %',
      // Missed and invented regions are as wrong as can be; the others all have half their size.
      '  half  00  missed: covers 2 % of the image',
      '  half  10  invented: predicted on 1 % of the image',
      '  half  06  too small: 15 % of the image instead of 30 %',
      '',
    ]);
  });

  it('lists no case where every size is right, and compares models in a sentence', async () => {
    const exact = await analyze(folder, { pred: ['exact'], gt: 'gt' });
    expect(exact.stdout).not.toContain('Cases to look at');
    const both = await analyze(folder, { pred: ['half', 'exact'], gt: 'gt' });
    // Mean |p - q| over 11 cases: 2 + 2 + 3 + 4 + 5 + 10 + 15 + 20 + 25 + 30 + 1 = 117 pixels of 100; none for the other.
    expect(both.stdout.replaceAll('\n', ' ')).toMatch(
      /exact compared with half: the size of "foreground" is nearer to the truth, by 10\.6 \[[\d.]+, [\d.]+\] percentage points of the image\./,
    );
  });

  it('says of five cases that they are too few', async () => {
    for (let i = 0; i < 5; i++) {
      put(`few/gt/${i}.png`, 10 + i);
      put(`few/small/${i}.png`, 5);
    }
    const { stdout } = await analyze(path.join(folder, 'few'), { pred: ['small', 'gt'], gt: 'gt' });
    expect(stdout).toMatch(/in 5 cases: too few for a\s+verdict\./);
    expect(stdout).toContain('gt compared with small: 5 cases, too few for a verdict.');
    expect(stdout).not.toContain('*│');
  });

  it('gives way to every table under --full', async () => {
    const { stdout } = await analyze(folder, { pred: ['half'], gt: 'gt', full: true });
    expect(stdout.match(/┌/g)!.length).toBeGreaterThan(3);
    expect(stdout).toContain('"foreground" by the size of its true region, fixed limits');
    expect(stdout).toContain('Cases with the largest size errors');
  });
});
