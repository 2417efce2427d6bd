import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { analyze, temporaryFolder } from './analyze-run.js';

const folder = temporaryFolder();
const put = (file: string, text: string) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};
const of = (files: string[], more: object = {}) => analyze(folder, { nnunet: files, json: true, ...more });

/** One class of one case as nnU-Net v2 writes it. */
const counts = (TP: number, FP: number, FN: number, TN: number) =>
  `{"Dice": ${TP + FP + FN ? (2 * TP) / (2 * TP + FP + FN) : 'NaN'}, "FN": ${FN}, "FP": ${FP}, "IoU": NaN, "TN": ${TN}, "TP": ${TP}, "n_pred": ${TP + FP}, "n_ref": ${TP + FN}}`;
const case2 = (id: string, classes: Record<string, string>) =>
  `{"metrics": {${Object.entries(classes).map(([key, text]) => `"${key}": ${text}`).join(', ')}}, "prediction_file": "/p/${id}.nii.gz", "reference_file": "/r/${id}.nii.gz"}`; // prettier-ignore
const version2 = (...cases: string[]) =>
  `{"foreground_mean": {"Dice": NaN}, "mean": {}, "metric_per_case": [${cases.join(', ')}]}`;

describe('segloss analyze --nnunet', () => {
  it('gives numbers computed by hand from a summary of version 2, NaN in it and all', async () => {
    // liver_0: 1000 voxels, class 1: 100 true, 80 predicted; class 2: 20 true, 30 predicted.
    // liver_1: 500 voxels, class 1: 100 true, 110 predicted; class 2: none, none.
    const text = version2(
      case2('liver_0', { 1: counts(70, 10, 30, 890), 2: counts(15, 15, 5, 965) }),
      case2('liver_1', { 1: counts(95, 15, 5, 385), 2: counts(0, 0, 0, 500) }),
    );
    put('unet/summary.json', text);
    const { code, report } = await of(['unet/summary.json'], { classes: ['rest', 'liver', 'tumor'] });
    expect(code).toBe(0);
    expect(report.classes).toEqual(['rest', 'liver', 'tumor']);
    expect(report.shown).toEqual([1, 2]);
    expect(report.runs[0]!.name).toBe('unet');
    const [first, second] = report.runs[0]!.cases;
    expect(first).toMatchObject({ id: 'liver_0', predicted: [expect.closeTo(0.89, 12), 0.08, 0.03] });
    expect(second!.truth).toEqual([0.8, 0.2, 0]);
    const [, liver, tumor] = report.runs[0]!.analysis.classes;
    expect(liver!.overall.ratio).toBeCloseTo((0.08 + 0.22) / (0.1 + 0.2), 12);
    expect(liver!.overall.median).toBeCloseTo((0.8 + 1.1) / 2, 12);
    expect(tumor!.overall.ratio).toBeCloseTo(1.5, 12);
    expect(tumor!.overall).toMatchObject({ present: 1, missed: 0, invented: 0, ratioInterval: null });
    const { l1 } = report.runs[0]!.analysis.marginals!;
    expect(l1).toBeCloseTo((0.01 + 0.02 + 0.01 + (0.02 + 0.02)) / 2, 12);
  });

  it('compares summaries on the cases that both have', async () => {
    put(
      'a/summary.json',
      version2(case2('x', { 1: counts(10, 0, 10, 80) }), case2('y', { 1: counts(10, 0, 0, 90) })),
    );
    put('b/summary.json', version2(case2('x', { 1: counts(20, 5, 0, 75) })));
    const { report } = await of(['a/summary.json', 'b/summary.json'], { name: ['ce', 'dice'] });
    expect(report.comparisons[0]).toMatchObject({ first: 'ce', second: 'dice', cases: 1 });
    expect(report.comparisons[0]!.classes[1]!.ratio.value).toBeCloseTo(1.25 - 0.5, 12);
  });

  it('refuses a case that stands twice, and tells apart cases of one name in two folders', async () => {
    const [first, second] = [
      case2('x', { 1: counts(10, 0, 10, 80) }),
      case2('y', { 1: counts(10, 0, 0, 90) }),
    ];
    put('double/summary.json', version2(first, second, first));
    await expect(of(['double/summary.json'])).rejects.toMatchObject({
      name: 'DataError',
      message: expect.stringMatching(
        /double\/summary\.json: wanted each case once, got \/r\/x\.nii\.gz 2 times; /,
      ),
    });
    put('folds/summary.json', version2(first, first.replace('/r/x', '/r/fold_1/x')));
    const { report } = await of(['folds/summary.json']);
    expect(report.runs[0]!.cases.map(({ id }) => id)).toEqual(['/r/x.nii.gz', '/r/fold_1/x.nii.gz']);
    const { report: same } = await of(['folds/summary.json', 'folds/summary.json']);
    expect(same.notes[0]).toContain('are the same files');
  });

  it.each([
    [
      'n_pred',
      '"n_pred": 80',
      '"n_pred": 8',
      /wanted n_pred of class 1 of x as TP, FP and FN give it \(80\), got 8; /,
    ],
    ['n_ref', '"n_ref": 100', '"n_ref": 90', /wanted n_ref of class 1 of x .* \(100\), got 90; /],
    [
      'Dice',
      '"Dice": 0.7777777777777778',
      '"Dice": 0.9',
      /wanted Dice of class 1 of x .* \(0\.777778\), got 0\.9/,
    ],
  ])('refuses a case whose %s contradicts its counts', async (_name, from, to, message) => {
    const good = version2(case2('x', { 1: counts(70, 10, 30, 890) }));
    const bad = good.replace(from, to);
    expect(bad).not.toBe(good);
    put('good/summary.json', good);
    expect((await of(['good/summary.json'])).code).toBe(0);
    put('bad/summary.json', bad);
    await expect(of(['bad/summary.json'])).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });

  it('refuses labels that cover more than the case', async () => {
    put('full/summary.json', version2(case2('x', { 1: counts(60, 0, 0, 40), 2: counts(60, 0, 0, 40) })));
    await expect(of(['full/summary.json'])).rejects.toThrow(
      /wanted labels of x that cover at most its 100 voxels, got 120 \(truth\)/,
    );
  });

  it('takes regions that overlap, without distances of marginals', async () => {
    put(
      'regions/summary.json',
      version2(case2('x', { '(1, 2)': counts(30, 0, 10, 60), '(2,)': counts(10, 0, 0, 90) })),
    );
    const { code, report } = await of(['regions/summary.json']);
    expect(code).toBe(0);
    expect(report.classes).toEqual(['(1, 2)', '(2,)']);
    expect(report.shown).toEqual([0, 1]);
    expect(report.runs[0]!.analysis.marginals).toBeNull();
    expect(report.runs[0]!.analysis.classes[0]!.overall.ratio).toBeCloseTo(0.75, 12);
  });

  it('finds the voxels of version 1 by label 0, else by Dice and accuracy', async () => {
    const score = (truth: number, test: number, dice: string, accuracy: number) =>
      `{"Accuracy": ${accuracy}, "Dice": ${dice}, "Hausdorff Distance 95": NaN, "Total Positives Reference": ${truth}, "Total Positives Test": ${test}}`;
    // x: 1000 voxels. y: 400 voxels, 40 true, 50 predicted, 35 of them right: 20 wrong, so accuracy 0.95.
    put(
      'v1/summary.json',
      `{"author": "me", "name": "s", "results": {"all": [
        {"0": ${score(900, 940, '0.9', 0.5)}, "1": ${score(100, 60, '0.5', 0.5)}, "reference": "r/x.nii.gz", "test": "t/x.nii.gz"},
        {"0": ${score(360, 350, '0.9', 0.5)}, "1": ${score(40, 50, '0.5', 0.5)}, "reference": "r/y.nii.gz", "test": "t/y.nii.gz"}
      ], "mean": {"1": {"Dice": NaN}}}}`,
    );
    const { report } = await of(['v1/summary.json']);
    expect(report.runs[0]!.cases.map(({ id, predicted }) => [id, ...predicted])).toEqual([
      ['x', 0.94, 0.06],
      ['y', 0.875, 0.125],
    ]);
    put(
      'v1/foreground.json',
      `{"results": {"all": [
        {"1": ${score(40, 50, String(70 / 90), 0.95)}, "reference": "r/y.nii.gz", "test": "t/y.nii.gz"},
        {"1": ${score(40, 40, '1.0', 1)}, "reference": "r/right.nii.gz"}
      ]}}`,
    );
    const { code, report: other, stderr } = await of(['v1/foreground.json']);
    expect(other.runs[0]!.cases).toEqual([{ id: 'y', truth: [0.9, 0.1], predicted: [0.875, 0.125] }]);
    expect(code).toBe(3);
    expect(stderr).toContain('the number of voxels of right follows from no class');
  });

  it.each([
    [
      'nothing',
      '{"a": 1}',
      /wanted a summary.json of nnU-Net v2 \(metric_per_case\) or v1 .*got at metric_per_case/,
    ],
    [
      'words',
      version2(case2('x', { 1: '{"TP": "many", "FP": 0, "FN": 0, "TN": 0}' })),
      /metric_per_case.0.metrics.1.TP/,
    ],
    ['text', 'NaN, "', /it is not JSON/],
    ['empty', version2(), /no case can be used/],
    ['sums', version2(case2('x', { 1: counts(1, 1, 1, 1), 2: counts(1, 1, 1, 2) })), /no case can be used/],
  ])('refuses %s', async (name, text, message) => {
    put(`${name}.json`, text);
    await expect(of([`${name}.json`])).rejects.toThrow(message);
  });
});
