// Test-time augmentation in validation, against mirrorings that are written out here.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { parseLoss } from '@segloss/losses';
import {
  evaluate,
  openRun,
  predict,
  readScores,
  releaseBackend,
  runTraining,
  selectBackend,
  unet,
} from '@segloss/trainer';
import path from 'node:path';

import { scratch, tinyRun, writeDataset } from './run-fixture.js';

const { folder, remove } = scratch();
beforeAll(async () => void (await selectBackend('cpu')));
afterAll(async () => {
  await releaseBackend();
  remove();
});

const side = 8;
const image = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i * i) / 2 + 0.5);
const mask = Uint8Array.from({ length: side * side }, (_, i) => Number(i % side < 3));
const sample = { id: 'a', width: side, height: side, channels: 1, image, mask };

/** Rows, columns, or both the other way round. */
function turned(values: Float32Array, rows: boolean, columns: boolean, channels = 1): Float32Array {
  const result = new Float32Array(values.length);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = (rows ? side - 1 - y : y) * side + (columns ? side - 1 - x : x);
      for (let k = 0; k < channels; k++) result[(y * side + x) * channels + k] = values[from * channels + k]!;
    }
  }
  return result;
}

it('scores the mean over the four mirrorings, and leaves the loss', async () => {
  const model = unet({ inputShape: [side, side, 1], outputs: 1, widths: [3, 5], seed: 4 });
  const common = { model, loss: parseLoss('ce'), samples: [sample], classes: ['no', 'yes'] };
  const [plain, averaged] = [await evaluate(common), await evaluate({ ...common, tta: true })];
  const foreground = new Float64Array(side * side);
  for (const [rows, columns] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ] as const) {
    // prettier-ignore
    const [one] = await predict(model, [{ ...sample, image: turned(image, rows, columns) }]);
    const back = turned(one!.probabilities, rows, columns, 2);
    for (let i = 0; i < foreground.length; i++) foreground[i]! += back[2 * i + 1]! / 4;
  }
  const soft = foreground.reduce((sum, p) => sum + p, 0) / foreground.length;
  const hard = foreground.reduce((sum, p) => sum + Number(p > 0.5), 0) / foreground.length;
  const overlap = foreground.reduce((sum, p, i) => sum + Number(p > 0.5) * mask[i]!, 0);
  const truth = mask.reduce((sum, label) => sum + label, 0);
  expect(averaged.soft[1]).toBeCloseTo(soft, 6);
  expect(averaged.hard[1]).toBe(hard);
  expect(averaged.dice[1]).toBeCloseTo((2 * overlap) / (truth + hard * foreground.length), 12);
  expect(averaged.loss).toBe(plain.loss);
  expect(averaged.soft[1]).not.toBe(plain.soft[1]);
  model.dispose();
});

it('is what a run validates, scores and keeps', async () => {
  writeDataset(path.join(folder, 'data'), [2, 5, 8, 11]);
  const trained = async (tta: boolean) => {
    const { folder: home, summary } = await runTraining(tinyRun(folder, { validation: { tta } }));
    return { home, summary, scores: readScores(path.join(home, 'scores.json')) };
  };
  const [plain, averaged] = [await trained(false), await trained(true)];
  expect(averaged.summary.weightsSha256).toBe(plain.summary.weightsSha256); // training does not change
  expect(averaged.summary.last!.val.loss).toBe(plain.summary.last!.val.loss);
  expect(averaged.summary.last!.val.soft).not.toEqual(plain.summary.last!.val.soft);
  const dice = averaged.scores.last.summary.classes.map((one) => one.dice);
  expect(dice.map((one) => one ?? NaN)).toEqual(averaged.summary.last!.val.dice);
  (await openRun(averaged.home)).model.dispose();
});
