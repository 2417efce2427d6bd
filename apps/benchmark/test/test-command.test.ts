// The table of `segloss test`, on masks whose scores are counted by hand.
import { describe, expect, it } from '@jest/globals';
import { scoreCase, summarizeCases, type LesionOptions } from '@segloss/metrics';

import { aboutTraining, aboutWeights, lesionTables, testTable } from '../src/commands/test.js';
import { lesionNotes, lesionOptions } from '../src/lesions.js';
import { cases, CLASSES } from './results-fixture.js';

// Of 8 and 16 true pixels of 64, 8 and 8 are found: Dice 2·16/(16+24), IoU 16/24; of the single images 1 and 2·8/(8+16).
const scored = cases([8, 8]);
const report = { cases: scored, summary: summarizeCases(scored, { classes: CLASSES, background: 0 }) };

describe('the table of segloss test', () => {
  it('has a row for each class', () => {
    const lines = testTable(report).split('\n');
    expect(lines[1]).toMatch(
      /│ class +│ +Dice │ +IoU │ Dice, mean of images │ true share │ p\/q soft │ p\/q hard │/,
    );
    expect(lines.find((line) => line.includes('lesion'))).toMatch(
      /│ lesion +│ 0\.800 │ 0\.667 │ +0\.833 \(2 of 2\) │ +0\.1875 │ +0\.67 │ +0\.67 │/,
    );
  });

  it('is a list where the terminal is narrower', () => {
    const lines = testTable(report, 60).split('\n');
    expect(lines).toContain('lesion');
    expect(lines).toContain('  Dice 0.800  IoU 0.667  Dice, mean of images 0.833 (2 of 2)');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(62);
  });
});

it('says whose scores these are', () => {
  expect(aboutWeights({ checkpoint: 'best' })).toBe('weights: best (segloss report compares the last ones); --checkpoint last scores the others'); // prettier-ignore
  expect(aboutWeights({ checkpoint: 'last' })).toBe('weights: last; --checkpoint best scores the others');
});

describe('other data', () => {
  const said = (trainedOn?: number | null) => [...aboutTraining({ ...(trainedOn !== undefined && { trainedOn }) })]; // prettier-ignore

  it('are named where the run was trained on some of them, or nobody knows', () => {
    expect([said(), said(0)]).toEqual([[], []]);
    expect(said(3)).toEqual([expect.stringMatching(/^warning: 3 of the image files scored were also trained on/)]); // prettier-ignore
    expect(said(null)).toEqual([expect.stringContaining('can no longer be read')]);
  });
});

describe('lesions in the output of segloss test', () => {
  const classes = ['background', 'lesion'];
  // Lesions of 1, 2 and 4 pixels; those of 2 and 4 are found, with 1 and 4 pixels; one of 3 is invented.
  const truth = [1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0];
  const predicted = [0, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1];
  const one = (lesions: LesionOptions) => {
    const scores = [scoreCase({ id: 'a', truth, predicted, classes, shape: [1, 13], lesions })];
    return { summary: summarizeCases(scores, { classes }) };
  };

  it('are counted over all sizes, and by size', () => {
    const text = lesionTables(one({}));
    expect(text).toMatch(/│ lesion │ +3 │ +2 │ +1 │ +1 │ +0\.667 │ +0\.667 │ +0\.667 │ 0\.333 │ +0\.71 │/);
    expect(text).toMatch(/│ lesion │ 1\/3: 1 to 2 +│ +1 │ +0 │ +1 │ +0\.000 │ 0\.00 │ +0 │/);
    expect(text).toMatch(/│ lesion │ 3\/3: 4 +│ +1 │ +1 │ +0 │ +1\.000 │ 1\.00 │ +0 │/);
    expect(text).not.toContain('lesion-wise');
  });

  it('have the scores of BraTS where requested', () => {
    // Grown by one pixel the three true lesions touch and are one of 7 pixels: Dice 2·5/(7+5); the invented one counts too.
    expect(lesionTables(one({ brats: 'met' }))).toMatch(/lesion-wise Dice[^]*│ +0\.417 │/);
    expect(lesionNotes({ brats: 'met' }).join(' ')).toContain(
      'MET: true lesions are grown by 1 pixel and joined',
    );
  });

  it('are what --lesions and --brats ask for', () => {
    expect([lesionOptions({}), lesionOptions({ lesions: true }), lesionOptions({ lesions: 0.1 })]).toEqual([
      undefined,
      {},
      { iou: 0.1 },
    ]);
    expect(lesionOptions({ brats: 'men' })).toEqual({ brats: 'men' });
    expect(lesionNotes({ iou: 0.25 })[0]).toContain('at an IoU above 0.25, one to one');
  });
});
