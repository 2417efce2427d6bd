// On real masks: against themselves, and against copies that are eroded and dilated by a known number of pixels.
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { readMask } from '@segloss/data';
import { sharedData } from '@segloss/testing';

import { analyze, putMask, temporaryFolder } from './analyze-run.js';

const names = ['CamVid', 'cityscapes-camvid', 'Task04_Hippocampus', 'polyp-kvasir'];
const missing = names.filter((name) => sharedData(name) === undefined);
const real = missing.length > 0 ? describe.skip : describe;
const data = (name: string, ...below: string[]) => path.join(sharedData(name) ?? '', ...below);
const polyps = data('polyp-kvasir', 'TrainDataset/masks');
const folder = temporaryFolder();

/** Links to the first files of a folder, under their own names. */
function link(from: string, to: string, count: number): string {
  mkdirSync(path.join(folder, to), { recursive: true });
  for (const name of readdirSync(from).sort().slice(0, count)) {
    symlinkSync(path.join(from, name), path.join(folder, to, name));
  }
  return to;
}

/** Pixels that are in the region with all four neighbors (or, to dilate, with any of them). */
function grow(mask: Uint8Array, height: number, width: number, add: boolean): Uint8Array {
  const result = mask.slice();
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      let near = mask[i]!;
      if (y > 0) near += mask[i - width]!;
      if (y < height - 1) near += mask[i + width]!;
      if (x > 0) near += mask[i - 1]!;
      if (x < width - 1) near += mask[i + 1]!;
      // Beyond the edge there is nothing of the region.
      result[i] = add ? Number(near > 0) : Number(near === 5);
    }
  }
  return result;
}

real(
  `on real masks${missing.length > 0 ? ` (skipped: ../shared/data/${missing[0]} is not there)` : ''}`,
  () => {
    it('gives p/q = 1 everywhere for 200 masks against themselves', async () => {
      for (const part of ['trainannot', 'valannot']) link(data('CamVid', part), `camvid/${part}`, 118);
      for (const part of ['train', 'val']) {
        for (const city of readdirSync(data('cityscapes-camvid', 'gtFine', part))) {
          link(data('cityscapes-camvid', 'gtFine', part, city), `cityscapes/${part}/${city}`, 30);
        }
      }
      link(data('Task04_Hippocampus', 'labelsTr'), 'hippocampus', 48);
      link(polyps, 'polyps', 4);
      const itself = (masks: string, more: object = {}) =>
        analyze(folder, { pred: [masks], gt: masks, json: true, followLinks: true, ...more });
      const of = [
        await itself('camvid', { ignore: 11 }),
        await itself('cityscapes'),
        await itself('hippocampus'),
        await itself('polyps'),
      ];
      expect(of.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
      expect(of.reduce((sum, { report }) => sum + report.runs[0]!.cases.length, 0)).toBe(200);
      expect(of.map(({ report }) => report.classes.length)).toEqual([11, 11, 3, 2]);
      const analyses = of.flatMap(({ report }) => report.runs[0]!.analysis.classes);
      for (const { overall, fixed, quantiles, drivers } of analyses) {
        for (const group of [overall, ...fixed, ...quantiles].filter(({ present }) => present > 0)) {
          expect(group).toMatchObject({
            ratio: 1,
            median: 1,
            signed: 0,
            over: 0,
            under: 0,
            missed: 0,
            kl: 0,
          });
          if (group.present > 1) expect([group.ratioInterval, group.medianInterval]).toEqual([[1, 1], [1, 1]]); // prettier-ignore
        }
        expect(drivers).toEqual([]);
      }
    });

    it('gives the ratios that counting pixels gives for eroded and dilated copies', async () => {
      const masks = readdirSync(polyps).sort().slice(0, 9);
      const counted: { id: string; q: number; eroded: number; dilated: number }[] = [];
      for (const name of masks) {
        const { height, width, values } = await readMask(path.join(polyps, name), { allowJpeg: true });
        const truth = Uint8Array.from(values, (value) => (value > 127 ? 1 : 0));
        const twice = (add: boolean) => grow(grow(truth, height, width, add), height, width, add);
        const [eroded, dilated] = [twice(false), twice(true)];
        const id = name.replace(/\.\w+$/, '');
        const write = (kind: string, file: string, mask: Uint8Array) => putMask(path.join(folder, kind, file), mask, [height, width]); // prettier-ignore
        write('truth', `${id}_gt.png`, truth);
        write('eroded', `${id}_0000.png`, eroded);
        write('dilated', `pred_${id}.png`, dilated);
        const share = (mask: Uint8Array) => mask.reduce((sum, value) => sum + value, 0) / mask.length;
        counted.push({ id, q: share(truth), eroded: share(eroded), dilated: share(dilated) });
      }
      const { code, report } = await analyze(folder, {
        pred: ['eroded', 'dilated'],
        gt: 'truth',
        quantiles: 3,
        json: true,
      });
      expect(code).toBe(0);
      const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
      const middle = (list: readonly number[]) => {
        const sorted = [...list].sort((a, b) => a - b);
        return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
      };
      const bySize = [...counted].sort((a, b) => a.q - b.q);
      for (const [r, kind] of (['eroded', 'dilated'] as const).entries()) {
        const { overall, quantiles, drivers } = report.runs[r]!.analysis.classes[1]!;
        expect(overall.ratio).toBeCloseTo(
          sum(counted.map((one) => one[kind])) / sum(counted.map(({ q }) => q)),
          10,
        );
        expect(overall.median).toBeCloseTo(middle(counted.map((one) => one[kind] / one.q)), 10);
        expect([overall.over, overall.under]).toEqual(kind === 'eroded' ? [0, 1] : [1, 0]);
        const thirds = [0, 3, 6].map((from) => bySize.slice(from, from + 3));
        thirds.forEach((third, i) => {
          expect(quantiles[i]!.ratio).toBeCloseTo(
            sum(third.map((one) => one[kind])) / sum(third.map(({ q }) => q)),
            10,
          );
        });
        const farthest = [...counted].sort((a, b) => Math.abs(b[kind] - b.q) - Math.abs(a[kind] - a.q))[0]!;
        expect(drivers[0]!.id).toBe(`${farthest.id}_gt`);
      }
      // A rim of two pixels is more of a small region than of a large one.
      const [eroded, dilated] = report.runs.map(({ analysis }) => analysis.classes[1]!.quantiles);
      expect(eroded![0]!.ratio).toBeLessThan(eroded![2]!.ratio);
      expect(dilated![0]!.ratio).toBeGreaterThan(dilated![2]!.ratio);
      expect(report.comparisons[0]!.classes[1]!.ratio.interval![0]).toBeGreaterThan(0);
    });
  },
);
