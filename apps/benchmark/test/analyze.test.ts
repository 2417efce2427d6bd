import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { EventEmitter } from 'node:events';
import path from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';
import { writeNifti } from '@segloss/data';
import { encode } from 'fast-png';

import { analyzeCommand } from '../src/commands/analyze.js';
import { guarded } from '../src/terminal.js';
import { looseName } from '../src/analyze/pair-files.js';
import { analyze, putMask, some, temporaryFolder } from './analyze-run.js';

const folder = temporaryFolder();
const at = (...names: string[]) => path.join(folder, ...names);
const put = (file: string, ones: number, value = 1) => putMask(at(file), some(ones, 100, value), [10, 10]);

/** Foreground of the only or the named run. */
const foreground = ({ report }: Awaited<ReturnType<typeof analyze>>, run = 0) =>
  report.runs[run]!.analysis.classes.at(-1)!;

beforeAll(() => {
  [20, 40, 0].forEach((ones, i) => put(`hand/gt/${i}.png`, ones));
  [10, 40, 0].forEach((ones, i) => put(`hand/small/${i}.png`, ones));
  [30, 50, 2].forEach((ones, i) => put(`hand/large/${i}.png`, ones));
  put('nowhere/gt/a.png', 0);
  put('nowhere/pred/a.png', 0);
});

describe('segloss analyze of folders', () => {
  it('gives proportions counted by hand, for several runs, and compares them', async () => {
    const run = await analyze(at('hand'), { pred: ['small', 'large'], gt: 'gt', json: true });
    expect(run.code).toBe(0);
    expect(run.stderr).toBe('');
    expect(run.report.classes).toEqual(['background', 'foreground']);
    expect(run.report.shown).toEqual([1]);
    expect(run.report.runs.map(({ name }) => name)).toEqual(['small', 'large']);
    expect(run.report.runs[1]!.cases[2]).toEqual({ id: '2', truth: [1, 0], predicted: [0.98, 0.02] });
    expect(foreground(run, 0).overall).toMatchObject({ cases: 3, present: 2, missed: 0, invented: 0 });
    expect(foreground(run, 0).overall.ratio).toBeCloseTo(50 / 60, 12);
    expect(foreground(run, 1).overall.ratio).toBeCloseTo(82 / 60, 12);
    expect(foreground(run, 1).overall.invented).toBe(1);
    expect(foreground(run, 0).drivers).toEqual([
      { id: '0', truth: 0.2, predicted: 0.1, contribution: expect.closeTo(-1 / 6, 12) },
    ]);
    const [difference] = run.report.comparisons;
    expect(difference).toMatchObject({ first: 'small', second: 'large', cases: 3 });
    expect(difference!.classes[1]!.ratio.value).toBeCloseTo(32 / 60, 12);
    expect(difference!.classes[1]!.absolute.value).toBeCloseTo((0 + 0.1 + 0.02) / 3, 12);
  });

  it('counts the cases in one line of a terminal, whose other control characters are shown', async () => {
    let text = '';
    const tty = Object.assign(new EventEmitter(), { isTTY: true, write: (part: string) => (text += part) });
    const stderr = guarded(tty as unknown as NodeJS.WriteStream);
    const stdout = { write: () => true } as unknown as NodeJS.WriteStream;
    const flags = { pred: ['small'], gt: 'gt', quantiles: 4, resamples: 100, seed: 0 };
    await analyzeCommand(flags, { stdout, stderr, folder: at('hand'), env: {} });
    expect(text).toMatch(/^(\r\d of 3 cases)+\n$/);
    stderr.write('\r');
    expect(text).toContain('\\x0d');
  });

  it('prints n/a and counts where a class is nowhere, and never NaN', async () => {
    const flags = { pred: ['pred'], gt: 'gt', classes: ['background', 'lesion'] };
    const { code, stdout } = await analyze(at('nowhere'), { ...flags, out: 'page.html', full: true });
    expect(code).toBe(0);
    expect(stdout).toContain('pred: "lesion" is in no true mask of 1 case.');
    expect(stdout).toMatch(/all, and 1 without │ +0 │ +0 % │ +0 % │ +n\/a │ +n\/a │/);
    for (const text of [stdout, readFileSync(at('nowhere/page.html'), 'utf8')]) {
      expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
    }
  });

  it('wants a second label to be named where masks hold one', async () => {
    await expect(analyze(at('nowhere'), { pred: ['pred'], gt: 'gt' })).rejects.toThrow(
      /wanted masks of at least two labels, got 0 in all of them; .*--classes/,
    );
  });

  it('names, counts and leaves out what is missing, unreadable, of another size or no mask, and ends with 3', async () => {
    for (const id of ['good', 'missing', 'broken', 'larger', 'colors', 'half', 'label'])
      put(`faults/gt/${id}.png`, 20);
    for (const id of ['good', 'extra', 'half']) put(`faults/pred/${id}.png`, 10);
    writeFileSync(at('faults/pred/broken.png'), 'no image');
    writeFileSync(at('faults/gt/half.png'), readFileSync(at('faults/gt/half.png')).subarray(0, 40));
    putMask(at('faults/pred/larger.png'), some(10, 400), [20, 20]);
    const colors = Uint8Array.from({ length: 300 }, (_, i) => i % 256);
    writeFileSync(
      at('faults/pred/colors.png'),
      encode({ width: 10, height: 10, channels: 3, depth: 8, data: colors }),
    );
    put('faults/pred/label.png', 10, 7);
    const flags = { pred: ['pred'], gt: 'gt', classes: ['background', 'lesion'] };
    const run = await analyze(at('faults'), { ...flags, json: true });
    expect(run.code).toBe(3);
    expect(run.report.faults.map(({ kind, id }) => [id, kind])).toEqual([
      ['broken', 'unreadable'],
      ['colors', 'bad-label'],
      ['extra', 'extra'],
      ['half', 'unreadable'],
      ['label', 'bad-label'],
      ['larger', 'size-mismatch'],
      ['missing', 'missing'],
    ]);
    expect(run.report.runs[0]!.cases.map(({ id }) => id)).toEqual(['good']);
    expect(run.stderr).toContain('size-mismatch (pred): wanted masks of one size, got 20x20 and 10x10');
    expect(run.stderr).toContain('no prediction for');
    expect(run.stderr).toContain('wanted the labels 0, 1 in the prediction, got 7');
    expect(run.stderr.trim().split('\n').at(-1)).toBe(
      'segloss: left out 7 files: 2 unreadable, 2 bad-label, 1 extra, 1 size-mismatch, 1 missing',
    );
    const page = await analyze(at('faults'), { ...flags, out: 'page.html' });
    expect(page.code).toBe(3);
    expect(readFileSync(at('faults/page.html'), 'utf8')).toContain('Left out: 7 files');
  });

  it('says so where no case can be used, and where a folder is not there', async () => {
    put('none/gt/a.png', 20);
    put('none/pred/b.png', 20);
    const run = (pred: string) => analyze(at('none'), { pred: [pred], gt: 'gt' });
    await expect(run('pred')).rejects.toThrow(
      /no case can be used; the first of 2 faults: no prediction for .*a\.png/,
    );
    await expect(run('nothing')).rejects.toThrow(/cannot read the folder .*nothing: it does not exist/);
    mkdirSync(at('none/empty'));
    await expect(run('empty')).rejects.toThrow(/no masks in .*empty; wanted PNG, TIFF or NIfTI/);
  });

  it('reads 0 and 255 as background and foreground, on either side, and says so', async () => {
    put('white/gt/a.png', 20, 255);
    put('white/gt/b.png', 0);
    put('white/one/a.png', 10);
    put('white/one/b.png', 0);
    put('white/white/a.png', 30, 255);
    put('white/white/b.png', 0);
    const run = await analyze(at('white'), { pred: ['one', 'white'], gt: 'gt', json: true });
    expect(run.code).toBe(0);
    expect(foreground(run, 0).overall.ratio).toBeCloseTo(0.5, 12);
    expect(foreground(run, 1).overall.ratio).toBeCloseTo(1.5, 12);
    expect(run.report.notes).toContain(
      'labels of true masks: mask values 0 and 255 are read as background and foreground',
    );
  });

  it('leaves out pixels whose true label is ignored, on both sides', async () => {
    // 20 of class 1, 30 ignored, 50 of class 0; predicted: 40 of class 1, 20 of them where it is ignored.
    const truth = [...some(20, 20), ...some(30, 30, 255), ...some(0, 50)];
    // Runs of one predicted label go on across the border of what is ignored.
    const predicted = [...some(10, 20).reverse(), ...some(20, 30), ...some(10, 50)];
    putMask(at('ignored/gt/a.png'), truth, [10, 10]);
    putMask(at('ignored/pred/a.png'), predicted, [10, 10]);
    const run = await analyze(at('ignored'), { pred: ['pred'], gt: 'gt', json: true });
    expect(run.report.runs[0]!.cases).toEqual([
      { id: 'a', truth: [5 / 7, 2 / 7], predicted: [5 / 7, 2 / 7] },
    ]);
    const other = await analyze(at('ignored'), { pred: ['pred'], gt: 'gt', json: true, ignore: 7 });
    expect(other.report.classes).toEqual(['0', '1', '255']);
    expect(other.report.runs[0]!.cases[0]!.truth).toEqual([0.5, 0.2, 0.3]);
    // What is ignored is no class, so it cannot be predicted either.
    await expect(analyze(at('ignored'), { pred: ['pred'], gt: 'gt', ignore: 0 })).rejects.toThrow(
      /no case can be used; .*wanted the labels 1, 255 in the prediction, got 0/,
    );
  });

  it('counts multi-class labels with gaps, and gives L1 and KL of the marginals', async () => {
    putMask(at('gaps/gt/a.png'), [...some(50, 50, 3), ...some(20, 50, 9)], [10, 10]);
    putMask(at('gaps/pred/a.png'), [...some(40, 50, 3), ...some(20, 50, 9)], [10, 10]);
    const { report } = await analyze(at('gaps'), { pred: ['pred'], gt: 'gt', json: true });
    expect(report.classes).toEqual(['0', '3', '9']);
    expect(report.shown).toEqual([0, 1, 2]);
    const { l1, kl } = report.runs[0]!.analysis.marginals!;
    expect(l1).toBeCloseTo(0.2, 12);
    expect(kl).toBeCloseTo(0.3 * Math.log(0.3 / 0.4) + 0.5 * Math.log(0.5 / 0.4), 12);
  });

  it('reads volumes, a volume of one slice beside an image, and refuses fractions as labels', async () => {
    mkdirSync(at('nifti/gt'), { recursive: true });
    mkdirSync(at('nifti/pred'));
    const labels = Uint8Array.from(some(6, 24));
    await writeNifti(at('nifti/gt/a.nii.gz'), labels, { shape: [2, 3, 4] });
    await writeNifti(at('nifti/pred/a.nii'), Uint8Array.from(some(3, 24)), { shape: [2, 3, 4] });
    put('nifti/gt/flat.png', 50);
    await writeNifti(at('nifti/pred/flat.nii.gz'), Uint8Array.from(some(50)), { shape: [1, 10, 10] });
    await writeNifti(at('nifti/gt/turned.nii.gz'), labels, { shape: [2, 3, 4] });
    await writeNifti(at('nifti/pred/turned.nii.gz'), labels, { shape: [4, 3, 2] });
    await writeNifti(at('nifti/gt/soft.nii'), labels, { shape: [2, 3, 4] });
    writeFileSync(at('nifti/pred/soft.nii'), floatNifti(Float32Array.from(some(24, 24, 0.25)), [4, 3, 2]));
    const { code, report, stderr } = await analyze(at('nifti'), { pred: ['pred'], gt: 'gt', json: true });
    expect(code).toBe(3);
    expect(report.runs[0]!.cases.map(({ id, predicted }) => [id, predicted[1]])).toEqual([
      ['a', 0.125],
      ['flat', 0.5],
    ]);
    expect(report.faults.map(({ id, kind }) => [id, kind])).toEqual([
      ['soft', 'bad-label'],
      ['turned', 'size-mismatch'],
    ]);
    expect(stderr).toContain('got 0.25; if these are probabilities, set --probabilities (segloss analyze)');
  });

  it('sums probabilities: of the foreground, and of every class', async () => {
    for (const kind of ['volume', 'gray', 'classes']) mkdirSync(at('soft', kind), { recursive: true });
    mkdirSync(at('soft/gt'));
    await writeNifti(at('soft/gt/a.nii'), Uint8Array.from(some(6, 24)), { shape: [2, 3, 4] });
    writeFileSync(at('soft/volume/a.nii'), floatNifti(Float32Array.from(some(12, 24, 0.75)), [4, 3, 2]));
    const perClass = Float32Array.from([...some(24, 24, 0.9), ...some(24, 24, 0.1)]);
    writeFileSync(at('soft/classes/a.nii'), floatNifti(perClass, [4, 3, 2, 2]));
    const flags = { gt: 'gt', json: true, probabilities: true };
    const run = await analyze(at('soft'), { ...flags, pred: ['volume', 'classes'] });
    expect(run.code).toBe(0);
    expect(foreground(run, 0).overall.predicted).toBeCloseTo(9 / 24, 12);
    expect(foreground(run, 1).overall.predicted).toBeCloseTo(0.1, 6);
    put('gray/gt/a.png', 20);
    put('gray/pred/a.png', 40, 51);
    const gray = await analyze(at('gray'), { ...flags, pred: ['pred'] });
    expect(foreground(gray).overall.ratio).toBeCloseTo(0.4, 6);
    writeFileSync(at('soft/classes/a.nii'), floatNifti(perClass.map((p) => 2 * p), [4, 3, 2, 2])); // prettier-ignore
    await expect(analyze(at('soft'), { ...flags, pred: ['classes'] })).rejects.toThrow(/wanted probabilities from 0 to 1 in .*, got 1.79/); // prettier-ignore
    writeFileSync(at('soft/classes/a.nii'), floatNifti(perClass.map((p) => p / 2), [4, 3, 2, 2])); // prettier-ignore
    await expect(analyze(at('soft'), { ...flags, pred: ['classes'] })).rejects.toThrow(
      /to sum to 1 in every pixel, got 0.500/,
    );
  });

  it('refuses photographs as masks', async () => {
    put('photo/gt/a.png', 20);
    putMask(
      at('photo/pred/a.png'),
      Array.from({ length: 100 }, (_, i) => 2 * i),
      [10, 10],
    );
    await expect(analyze(at('photo'), { pred: ['pred'], gt: 'gt' })).rejects.toThrow(
      /got 100 values; a photograph/,
    );
  });

  it('gives the same for the same seed, whatever other runs there are', async () => {
    for (let i = 0; i < 12; i++) {
      put(`seed/gt/${i}.png`, 5 * (i + 1));
      put(`seed/pred/${i}.png`, (17 * i) % 60);
    }
    const run = (flags: object) => analyze(at('seed'), { pred: ['pred'], gt: 'gt', json: true, ...flags });
    const once = await run({});
    expect((await run({})).stdout).toBe(once.stdout);
    const both = await run({ pred: ['gt', 'pred'] });
    expect(both.report.runs[1]!.analysis).toEqual(once.report.runs[0]!.analysis);
    expect(foreground(await run({ seed: 1 })).overall.ratioInterval).not.toEqual(foreground(once).overall.ratioInterval); // prettier-ignore
  });
});

describe('names of cases', () => {
  it.each([
    ['case_gt', 'case'],
    ['GT-case', 'case'],
    ['case_0000', 'case'],
    ['pred_case_mask', 'case'],
    ['case_gtFine_labelTrainIds', 'case'],
    ['case_0001', 'case_0001'],
    ['mask', 'mask'],
    ['target', 'target'],
    ['city/case_leftImg8bit', 'city/case'],
  ])('%s is called %s', (id, name) => {
    expect(looseName(id)).toBe(name);
  });

  it('pairs exact names first, then loose ones, in folders below too, and none that two files have', async () => {
    for (const id of ['a', 'b_gt', 'sub/c_mask', 'd_gt', 'd_mask']) put(`names/gt/${id}.png`, 20);
    for (const id of ['a', 'a_pred', 'b_pred', 'sub/c', 'd_pred']) put(`names/pred/${id}.png`, 10);
    copyFileSync(at('names/gt/a.png'), at('names/gt/a.tif'));
    const { code, report } = await analyze(at('names'), { pred: ['pred'], gt: 'gt', json: true });
    expect(code).toBe(3);
    expect(report.runs[0]!.cases.map(({ id }) => id)).toEqual(['a', 'b_gt', 'sub/c_mask']);
    expect(report.faults.map(({ id, kind }) => [id, kind])).toEqual([
      ['a', 'ambiguous'],
      ['a_pred', 'extra'],
      ['d_gt', 'ambiguous'],
      ['d_mask', 'ambiguous'],
    ]);
  });
});

describe('flags of segloss analyze', () => {
  it.each([
    [{}, /wanted --pred <folder>, got none; or --nnunet/],
    [{ pred: ['hand/small'] }, /wanted --gt <folder>, got none/],
    [
      { pred: ['hand/small'], gt: 'hand/gt', name: ['a', 'b'] },
      /--name: wanted one for each --pred, 1, got 2/,
    ],
    [
      { pred: ['hand/small', 'hand/large'], gt: 'hand/gt', name: ['a', 'a'] },
      /different names, got "a" twice/,
    ],
    [{ nnunet: ['summary.json'], gt: 'hand/gt' }, /--gt: not with --nnunet/],
    [{ nnunet: ['summary.json'], ignore: 3 }, /--ignore: not with --nnunet/],
  ])('%j are refused', async (flags, message) => {
    await expect((async () => analyze(folder, flags))()).rejects.toThrow(message);
  });

  it('numbers runs whose folders have one name', async () => {
    const { report } = await analyze(folder, {
      pred: ['hand/small', './hand/small'],
      gt: 'hand/gt',
      json: true,
    });
    expect(report.runs.map(({ name }) => name)).toEqual(['small 1', 'small 2']);
  });
});

/** A NIfTI-1 file of 32-bit floats; dims are those of x, y, z (and t). */
function floatNifti(values: Float32Array, dims: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(352 + 4 * values.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  [dims.length, ...dims].forEach((size, i) => view.setInt16(40 + 2 * i, size, true));
  view.setInt16(70, 16, true);
  view.setInt16(72, 32, true);
  for (let i = 0; i < 8; i++) view.setFloat32(76 + 4 * i, 1, true);
  view.setFloat32(108, 352, true);
  view.setFloat32(112, 1, true);
  bytes.set(Buffer.from('n+1\0', 'latin1'), 344);
  values.forEach((value, i) => view.setFloat32(352 + 4 * i, value, true));
  return bytes;
}
