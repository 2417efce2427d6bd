// `segloss analyze --lesions`: every number is counted by hand.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { writeNifti } from '@segloss/data';

import { UsageError } from '../src/errors.js';
import { analyze, putMask, temporaryFolder } from './analyze-run.js';

const folder = temporaryFolder();
const at = (...names: string[]) => path.join(folder, ...names);
const shape = [2, 8] as const;

// Lesions of 2, 1 and 4 pixels, in two cases; the second row of a is ignored from column 4 on.
const truth = {
  a: [1, 1, 0, 0, 1, 0, 0, 0, /* */ 0, 0, 0, 0, 255, 255, 255, 255],
  b: [0, 0, 0, 0, 0, 0, 0, 0, /* */ 1, 1, 1, 1, 0, 0, 0, 2],
};
// net finds the first (2 of 2) and half of the third, and invents one pixel in b; what it predicts on ignored pixels does not count.
const net = {
  a: [1, 1, 0, 0, 0, 0, 0, 0, /* */ 0, 0, 0, 0, 1, 0, 1, 1],
  b: [0, 0, 0, 0, 0, 0, 0, 1, /* */ 1, 1, 0, 0, 0, 0, 0, 0],
};
// everything: one predicted lesion over the whole image.
const all = { a: truth.a.map(() => 1), b: truth.b.map(() => 1) };
for (const [name, masks] of Object.entries({ gt: truth, net, all })) {
  for (const [id, values] of Object.entries(masks)) putMask(at(name, `${id}.png`), values, shape);
}
const flags = { pred: ['net', 'all'], gt: 'gt', classes: ['background', 'lesion', 'vessel'] };

/** Size and value of the first run in the table of a chart that starts here. */
function firstRun(page: string): string[][] {
  const rows = page.slice(page.indexOf('<tbody>'), page.indexOf('</tbody>')).split('<tr>').slice(1);
  return rows.map((row) => [...row.matchAll(/<t[hd][^>]*>([^<]*)</g)].slice(0, 2).map((cell) => cell[1]!));
}

describe('segloss analyze --lesions', () => {
  it('counts lesions of each class but the background, over all sizes and by size', async () => {
    const { report } = await analyze(folder, { ...flags, lesions: true, json: true });
    const [background, lesion, vessel] = report.runs[0]!.lesionSummaries!;
    expect(background).toBeNull();
    expect(lesion).toMatchObject({
      ...{ lesions: 3, found: 2, missed: 1, predicted: 3, right: 2, invented: 1 },
      ...{ recall: 2 / 3, precision: 2 / 3, f1: 2 / 3 },
      // One pair is equal and recognized; the other has an IoU of 2/4, which is not above 0.5.
      panoptic: { sq: 1, rq: 1 / 3, pq: 1 / 3 },
      ratio: 4 / 7,
    });
    expect(
      lesion!.bySize.map(({ from, to, missed, invented, ratio }) => [from, to, missed, invented, ratio]),
    ).toEqual([
      [1, 2, 1, 1, 0],
      [2, 4, 0, 0, 1],
      [4, 4, 0, 0, 0.5],
    ]);
    expect(vessel).toMatchObject({ lesions: 1, found: 0, recall: 0, precision: null, f1: 0 });
    expect(report.runs[0]!.lesions![0]![1]).toMatchObject({
      truth: [2, 1],
      found: [true, false],
      predicted: [2, 0],
    });
    // The whole image finds all lesions, whatever else is wrong with it; at an IoU above 0.2 it finds that of b alone (4 of 16).
    expect(report.runs[1]!.lesionSummaries![1]).toMatchObject({
      found: 3,
      f1: 1,
      panoptic: { pq: 0 },
      ratio: 4,
    });
    const { report: strict } = await analyze(folder, { ...flags, lesions: 0.2, json: true });
    expect(strict.lesions).toEqual({ iou: 0.2 });
    expect(strict.runs[1]!.lesionSummaries![1]).toMatchObject({ found: 1, invented: 1 });
  });

  it('prints tables and what they mean, in the terminal and on the page', async () => {
    const { stdout } = await analyze(folder, {
      ...flags,
      lesions: true,
      brats: 'met',
      out: 'page.html',
      full: true,
    });
    // Samples are a twice, b twice, or both: F1 is 2/3 of each; recall 1/2, 1 and 2/3; p/q 2/3, 2/4 and 4/7.
    expect(stdout).toMatch(
      /Lesions \(connected components\)[^]*│ net +│ lesion +│ +3 │ +2 │ +1 │ +1 │ 0\.667 \[0\.667, 0\.667\] │ 0\.667 \[0\.500, 1\.000\] │ +0\.667 │ 0\.333 │ 0\.57 \[0\.50, 0\.67\] │/,
    );
    expect(stdout).toMatch(
      /Lesions of "lesion" by size[^]*│ net +│ 1\/3: 1 to 2 │ +1 │ +0 │ +1 │ +0\.000 │ 0\.00 │ +1 │/,
    );
    expect(stdout).toMatch(/a mask of the whole\s+image finds every lesion/);
    const page = readFileSync(at('page.html'), 'utf8');
    expect(page).toContain('Lesions of &quot;lesion&quot; by size');
    expect(page).toContain('lesion-wise HD95');
    // The bins are 1 to 2, 2 to 4 and 4 to 4: drawn at √2, √8 and 4, with the numbers that were counted above.
    const chart = (title: string) =>
      page.slice(page.indexOf(`${title} of the lesions of &quot;lesion&quot; by size`));
    expect(page).toMatch(
      /<svg[^>]*role="img"[^>]*><title[^>]*>Recall of the lesions of &quot;lesion&quot; by size/,
    );
    expect(firstRun(chart('Recall'))).toEqual([['1.4142', '0'], ['2.8284', '1'], ['4', '1']]); // prettier-ignore
    expect(firstRun(chart('p/q'))).toEqual([['1.4142', '0.01'], ['2.8284', '1'], ['4', '0.5']]); // prettier-ignore
    // One lesion has no size to compare.
    expect(page).not.toContain('lesions of &quot;vessel&quot; by size');
  });

  it('says nothing of lesions unless requested', async () => {
    const { stdout } = await analyze(folder, flags);
    expect(stdout).not.toMatch(/lesion F1|connected components/);
    const { report } = await analyze(folder, { ...flags, json: true });
    expect(report.runs[0]).not.toHaveProperty('lesions');
  });

  it('measures volumes in mm³', async () => {
    const affine = [[3, 0, 0, 0], [0, 0.5, 0, 0], [0, 0, 2, 0]] as const; // prettier-ignore
    const put = async (file: string, ...ones: readonly number[]) => {
      mkdirSync(path.dirname(at(file)), { recursive: true });
      const labels = Uint8Array.from({ length: 16 }, (_, i) => (ones.includes(i) ? 1 : 0));
      await writeNifti(at(file), labels, { shape: [2, 2, 4], affine });
    };
    // With 26 neighbors the first three voxels are one lesion, and the last is another.
    await put('v/gt/a.nii', 0, 1, 8, 15);
    await put('v/net/a.nii', 0);
    const { report } = await analyze(at('v'), { pred: ['net'], gt: 'gt', lesions: true, json: true });
    expect(report.runs[0]!.lesions![0]![1]).toMatchObject({
      truth: [9, 3],
      predicted: [3, 0],
      found: [true, false],
    });
  });

  it('needs labels', async () => {
    const run = analyze(folder, { probabilities: ['net'], gt: 'gt', lesions: true });
    await expect(run).rejects.toThrow(UsageError);
    await expect(run).rejects.toThrow('--lesions: wanted --decode with --probabilities');
    await expect(analyze(folder, { nnunet: ['summary.json'], brats: 'gli' })).rejects.toThrow(
      '--brats: not with --nnunet',
    );
  });
});
