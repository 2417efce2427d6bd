// Predictions and true masks that are named by patterns.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';
import { encodeNifti } from '@segloss/data';

import { analyze, putMask, some, temporaryFolder } from './analyze-run.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const put = (file: string, pixels: number) => putMask(at(file), some(pixels), [10, 10]);

interface Found {
  readonly code: number;
  /** Predicted and true share of the foreground by case, of each run. */
  readonly cases: Record<string, [predicted: number, truth: number]>[];
  readonly names: string[];
  readonly faults: [id: string, kind: string, message: string][];
}

async function found(where: string, gt: string, ...pred: string[]): Promise<Found> {
  const { code, report } = await analyze(at(where), { pred, gt, json: true });
  return {
    code,
    names: report.runs.map(({ name }) => name),
    cases: report.runs.map(({ cases }) => Object.fromEntries(cases.map(({ id, predicted, truth }) => [id, [predicted[1]!, truth[1]!]]))),
    faults: report.faults.map(({ id, kind, message }) => [id, kind, message]),
  }; // prettier-ignore
}

describe('patterns of segloss analyze', () => {
  it.each<[string, Record<string, number>, string, string]>([
    ['two folders', { 'gt/a_mask.png': 20, 'gt/b_mask.png': 40, 'out/a_pred.png': 10, 'out/b_pred.png': 20 }, 'gt/{name}_mask.png', 'out/{name}_pred.png'],
    ['one folder', { 'a_mask.png': 20, 'b_mask.png': 40, 'a_pred.png': 10, 'b_pred.png': 20, 'a.png': 7 }, '{name}_mask.png', './{name}_pred.png'],
    ['one folder, the predictions without a word', { 'a_mask.png': 20, 'b_mask.png': 40, 'a.png': 10, 'b.png': 20 }, '{name}_mask.png', '{name}.png'],
    ['one folder, the true masks without a word', { 'a.png': 20, 'b.png': 40, 'a_pred.png': 10, 'b_pred.png': 20 }, '{name}.png', '{name}_pred.png'],
    ['a folder for each case', { 'x/a/gt.png': 20, 'x/b/gt.png': 40, 'x/a/net.png': 10, 'x/b/net.png': 20, 'x/a/deep/gt.png': 9 }, 'x/{name}/gt.png', 'x/{name}/net.png'],
    ['a star in a name, and a name that is another with an end', { 'gt/a.png': 20, 'gt/b.png': 40, 'out/a-e3.png': 10, 'out/b-e9.png': 20 }, 'gt/{name}.png', 'out/{name}-*.png'],
    ['any depth', { 'gt/p/a.png': 20, 'gt/q/r/b.png': 40, 'out/a.png': 10, 'out/b.png': 20 }, 'gt/**/{name}.png', 'out/{name}.png'],
    ['a folder of true masks', { 'gt/a.png': 20, 'gt/b.png': 40, 'out/a_pred.png': 10, 'out/b_pred.png': 20, 'out/log.txt': 1 }, 'gt', 'out/{name}_pred.png'],
    ['a folder of predictions', { 'gt/a_mask.png': 20, 'gt/b_mask.png': 40, 'out/a.png': 10, 'out/b.png': 20 }, 'gt/{name}_mask.png', 'out'],
    ['stars alone', { 'gt/a.png': 20, 'gt/b.png': 40, 'gt/b.txt': 1, 'out/a.PNG': 10, 'out/b.png': 20 }, 'gt/*.png', 'out/*.png'],
    ['a folder whose name is a pattern', { 'gt*/a.png': 20, 'gt*/b.png': 40, 'out{name}/a.png': 10, 'out{name}/b.png': 20 }, 'gt*', 'out{name}'],
  ])('%s', async (title, files, gt, pred) => {
    for (const [file, pixels] of Object.entries(files)) put(`${title}/${file}`, pixels);
    expect(await found(title, gt, pred)).toMatchObject({ code: 0, cases: [{ a: [0.1, 0.2], b: [0.2, 0.4] }], faults: [] });
  }); // prettier-ignore

  it('read volumes, from absolute paths, and compare several runs', async () => {
    for (const [name, ones] of [['gt/p1-label.nii.gz', 4], ['net/p1_seg.nii.gz', 2], ['other/P_p1.nii.gz', 6]] as const) {
      const file = at('volumes', name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, gzipSync(encodeNifti(Uint8Array.from(some(ones, 8)), { shape: [2, 2, 2] })));
    }
    const result = await found('volumes', at('volumes/gt/{name}-label.nii.gz'), 'net/{name}_seg.nii.gz', 'other/P_{name}.nii.gz');
    expect(result).toEqual({ code: 0, names: ['net', 'other'], cases: [{ p1: [0.25, 0.5] }, { p1: [0.75, 0.5] }], faults: [] });
  }); // prettier-ignore

  it('name probabilities', async () => {
    put('soft/gt/a.png', 30);
    putMask(
      at('soft/out/a_prob.png'),
      Array.from({ length: 100 }, () => 51),
      [10, 10],
    ); // 51 / 255
    putMask(at('soft/out/a_pred.png'), some(9), [10, 10]);
    const { report } = await analyze(at('soft'), { probabilities: ['out/{name}_prob.png'], gt: 'gt/{name}.png', json: true }); // prettier-ignore
    expect(report.runs[0]!.cases.map(({ id, predicted }) => [id, predicted[1]])).toEqual([['a', expect.closeTo(0.2, 6)]]); // prettier-ignore
  });

  it('names what has no partner, and what has several, and leaves it out', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'd_1']) put(`faults/gt/${name}_gt.png`, 20);
    put('faults/gt/q/a_gt.png', 20); // not of this pattern
    for (const name of ['a_x', 'b_1', 'b_2', 'e_9', 'd_1_z']) put(`faults/out/${name}.png`, 10);
    const { code, cases, faults } = await found('faults', 'gt/{name}_gt.png', 'out/{name}_*.png');
    expect(code).toBe(3);
    expect(cases).toEqual([{ a: [0.1, 0.2] }]);
    expect(faults).toEqual([
      ['b', 'ambiguous', expect.stringMatching(/2 predictions fit the true mask .*gt\/b_gt\.png: .*out\/b_1\.png and .*out\/b_2\.png; make the patterns narrower/)],
      ['c', 'missing', expect.stringMatching(/no prediction for .*gt\/c_gt\.png: no file is called c by .*out\/\{name\}_\*\.png/)],
      ['d', 'ambiguous', expect.stringMatching(/2 true masks fit the prediction .*out\/d_1_z\.png: .*gt\/d_1_gt\.png and .*gt\/d_gt\.png/)],
      ['d_1', 'ambiguous', expect.stringMatching(/2 true masks fit the prediction .*out\/d_1_z\.png/)],
      ['e_9', 'extra', expect.stringMatching(/no true mask for .*out\/e_9\.png/)],
    ]);
  }); // prettier-ignore

  it('names true masks of one name, and files of a format that is not read', async () => {
    for (const file of ['gt/p/a.png', 'gt/q/a.png', 'gt/p/b.png', 'out/a.png', 'out/b.png']) put(`twice/${file}`, 10); // prettier-ignore
    writeFileSync(at('twice/out/c.bmp'), 'BM');
    const { code, cases, faults } = await found('twice', 'gt/*/{name}.png', 'out/{name}.*');
    expect(code).toBe(3);
    expect(Object.keys(cases[0]!)).toEqual(['b']);
    expect(faults).toEqual([
      ['a', 'ambiguous', expect.stringMatching(/2 true masks are called a by .*: .*p\/a\.png and .*q\/a\.png/)],
      ['c.bmp', 'unreadable', expect.stringMatching(/cannot read .*out\/c\.bmp: wanted PNG, TIFF, JPEG or NIfTI/)],
    ]); // prettier-ignore
  });

  it.each<[string, string, string, RegExp]>([
    ['no file', 'gt/{name}.png', 'out/{name}_pred.png', /no file in .*out fits the pattern \{name\}_pred\.png; correct the pattern/],
    ['no folder', 'masks/{name}.png', 'out/{name}.png', /cannot read the folder .*masks: it does not exist/],
    ['one pattern for both', 'gt/{name}.png', 'gt/*.png', /1 files are true masks and predictions, as .*gt\/a\.png: .*make one of the patterns narrower/],
    ['other braces', 'gt/{id}*.png', 'out/{name}.png', /gt\/\{id\}\*\.png: wanted no braces but \{name\}, got "\{id\}\*\.png"/],
    ['** within a name', 'gt/a**.png', 'out/{name}.png', /wanted \*\* as a folder of its own/],
  ])('refuse %s', async (_title, gt, pred, message) => {
    put('refused/gt/a.png', 10);
    mkdirSync(at('refused/out'), { recursive: true });
    copyFileSync(at('refused/gt/a.png'), at('refused/out/a.png'));
    await expect(analyze(at('refused'), { pred: [pred], gt, json: true })).rejects.toThrow(message);
  }); // prettier-ignore

  it('keep the page out of the folders that they read', async () => {
    put('page/gt/a.png', 10);
    put('page/out/a_p.png', 10);
    const run = (out: string) =>
      analyze(at('page'), { pred: ['out/{name}_p.png'], gt: 'gt/{name}.png', out });
    await expect(run('out/report.html')).rejects.toThrow(/out/);
    expect((await run('report.html')).code).toBe(0);
  });
});
