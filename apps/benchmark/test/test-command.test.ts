// The table of `segloss test`, on masks whose scores are counted by hand.
import { describe, expect, it } from '@jest/globals';
import { summarizeCases } from '@segloss/metrics';

import { aboutTraining, testTable } from '../src/commands/test.js';
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

describe('other data', () => {
  const said = (trainedOn?: number | null) => [...aboutTraining({ ...(trainedOn !== undefined && { trainedOn }) })]; // prettier-ignore

  it('are named where the run was trained on some of them, or nobody knows', () => {
    expect([said(), said(0)]).toEqual([[], []]);
    expect(said(3)).toEqual([expect.stringMatching(/^warning: 3 of the image files scored were also trained on/)]); // prettier-ignore
    expect(said(null)).toEqual([expect.stringContaining('cannot be read any more')]);
  });
});
