// The temperature of a run: fitted to its validation images, kept with its weights, and applied to every prediction.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { calibrateRun, openRun, runTraining, testRun, type OpenRun } from '@segloss/trainer';

import { scratch, tinyRun, writeDataset } from './run-fixture';

let folder: string;
let remove: () => void;
let run: OpenRun;

beforeAll(async () => {
  ({ folder, remove } = scratch());
  writeDataset(path.join(folder, 'data'), [2, 4, 6, 8]);
  writeFileSync(path.join(folder, 'data', 'train.txt'), '0\n1\n');
  writeFileSync(path.join(folder, 'data', 'val.txt'), '2\n3\n');
  run = await openRun((await runTraining(tinyRun(folder, { epochs: 1 }))).folder);
});
afterAll(() => {
  run.model.dispose();
  remove();
});

const open = async (use: (calibrated: OpenRun) => Promise<void>) => {
  const calibrated = await openRun(run.folder, { calibrated: true });
  try {
    await use(calibrated);
  } finally {
    calibrated.model.dispose();
  }
};

describe('calibrateRun', () => {
  it('is needed before a run is opened calibrated', async () => {
    rmSync(path.join(run.folder, 'calibration.json'), { force: true });
    await expect(openRun(run.folder, { calibrated: true })).rejects.toMatchObject({
      code: 'not-calibrated',
      message: expect.stringContaining('--fit-temperature'),
    });
  });

  it('lowers the negative log-likelihood of the validation images, and leaves the labels as they are', async () => {
    const { temperature, nll, images } = await calibrateRun(run);
    expect(images).toBe(2);
    expect(nll.after).toBeLessThan(nll.before);
    expect(JSON.parse(readFileSync(path.join(run.folder, 'calibration.json'), 'utf8'))).toMatchObject({
      temperature,
    });
    await open(async (calibrated) => {
      const [plain, scaled] = [await testRun(run), await testRun(calibrated)];
      expect([plain.temperatures, scaled.temperatures]).toEqual([[null], [temperature]]);
      expect(scaled.summary.classes.map(({ dice }) => dice)).toEqual(
        plain.summary.classes.map(({ dice }) => dice),
      );
      expect(scaled.marginals.soft).not.toEqual(plain.marginals.soft);
      expect(scaled.reliability[0]!.bins.reduce((sum, { count }) => sum + count, 0)).toBe(2 * 16 * 16);
      expect((await calibrateRun(calibrated)).temperature).toBeCloseTo(temperature, 12); // fitted from scratch
    });
  });

  it('belongs to the weights that it was fitted for', async () => {
    await calibrateRun(run);
    const file = path.join(run.folder, 'calibration.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(text), weights: '0'.repeat(64) })); // prettier-ignore
    await expect(openRun(run.folder, { calibrated: true })).rejects.toMatchObject({ code: 'not-calibrated' });
    writeFileSync(file, text);
    await expect(openRun(run.folder, { calibrated: true, checkpoint: 'last' })).rejects.toThrow(
      '--checkpoint last',
    );
  });
});
