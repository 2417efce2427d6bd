// What a finished run keeps of its validation images, so that tables and reports need no images.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  openRun,
  planRun,
  readExamples,
  readMetrics,
  readScores,
  runTraining,
  testRun,
  unpackBytes,
  weightsHash,
  type RunEvent,
} from '@segloss/trainer';
import { scoreCase } from '@segloss/metrics';

import { chooseExamples, mostExamples } from '../src/run/examples.js';
import { scratch, tinyRun, writeDataset } from './run-fixture';

let folder: string;
let remove: () => void;
let home: string;
const events: RunEvent[] = [];
const file = (name: string) => path.join(home, name);
const bytes = (name: string) => readFileSync(file(name));
const run = (keys: object = {}) => runTraining(tinyRun(folder, { epochs: 3, ...keys }), { name: 'cell', onEvent: (event) => events.push(event) }); // prettier-ignore

beforeAll(async () => {
  ({ folder, remove } = scratch());
  // Ten regions of different sizes; every fifth image validates or so.
  writeDataset(path.join(folder, 'data'), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1]);
  ({ folder: home } = await run());
});
afterAll(() => remove());

describe('scores.json', () => {
  it('sums up, with the last weights, to the validation of the last epoch', () => {
    const { last, classes, background } = readScores(file('scores.json'));
    const { val } = readMetrics(file('metrics.jsonl')).lines.at(-1)!;
    expect({ classes, background }).toEqual({ classes: ['background', 'foreground'], background: 0 });
    const pooled = (k: number) => {
      const sum = (key: 'overlap' | 'target' | 'predicted') =>
        last.cases.reduce((total, { classes: scores }) => total + scores[k]![key], 0);
      return (2 * sum('overlap')) / (sum('target') + sum('predicted'));
    };
    expect([pooled(0), pooled(1)]).toEqual([
      expect.closeTo(val.dice[0]!, 12),
      expect.closeTo(val.dice[1]!, 12),
    ]);
    expect(last.summary.foreground.dice).toBeCloseTo(val.foregroundDice, 12);
  });

  it('has the scores of the best epoch too, of the weights in best.safetensors', async () => {
    const { best } = readScores(file('scores.json'));
    const { lines } = readMetrics(file('metrics.jsonl'));
    expect(best!.summary.foreground.dice).toBeCloseTo(
      Math.max(...lines.map(({ val }) => val.foregroundDice)),
      12,
    );
    const opened = await openRun(home, { checkpoint: 'best' });
    expect(best!.weightsSha256).toBe(await weightsHash(opened.model));
    opened.model.dispose();
  });

  it('shows weights that were put in from elsewhere', async () => {
    const checkpoints = path.join(home, 'checkpoints');
    const [best, previous] = ['best', 'previous'].map((name) =>
      path.join(checkpoints, `${name}.safetensors`),
    );
    const own = readFileSync(best!);
    writeFileSync(best!, readFileSync(previous!));
    const opened = openRun(home).then((run) => weightsHash(run.model));
    const hash = readScores(file('scores.json')).best!.weightsSha256;
    await expect(opened).rejects.toMatchObject({ code: 'other-weights', message: expect.stringMatching(/best\.safetensors: wanted the weights that scores\.json is of, got others/) }); // prettier-ignore
    writeFileSync(best!, own);
    const run = await openRun(home);
    expect(await weightsHash(run.model)).toBe(hash);
    run.model.dispose();
  });

  it('is of the weights of the checkpoints also with averaged weights and exact statistics', async () => {
    const { folder: averaged } = await run({ ema: 0.9, batchNormStatistics: 'exact', model: { widths: [2, 4], norm: 'batch' } }); // prettier-ignore
    for (const checkpoint of ['best', 'last'] as const) {
      const { model } = await openRun(averaged, { checkpoint });
      expect(await weightsHash(model)).toBe(readScores(path.join(averaged, 'scores.json'))[checkpoint]!.weightsSha256); // prettier-ignore
      model.dispose();
    }
  });

  it('agrees with testRun, where images have the size of the model', async () => {
    const run = await openRun(home);
    const { summary, marginals } = await testRun(run, { surfaceTolerance: 1, lesions: {} });
    run.model.dispose();
    const { best } = readScores(file('scores.json'));
    expect(summary.foreground).toEqual(best!.summary.foreground);
    expect(marginals.truth).toEqual(best!.summary.classes.map(({ truth }) => truth));
    expect(marginals.hard).toEqual(best!.summary.classes.map(({ hard }) => hard.predicted));
  });

  it('counts the pixels that the masks have', () => {
    const { last } = readScores(file('scores.json'));
    const side = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1];
    for (const { id, classes } of last.cases) {
      expect({ id, target: classes[1]!.target }).toEqual({
        id,
        target: side[Number(id.replace(/\D/g, ''))]! ** 2,
      });
    }
  });
});

describe('examples.json', () => {
  it('holds the images from the smallest region to the largest, with the masks of both weights', () => {
    const { last } = readScores(file('scores.json'));
    const sizes = last.cases.map(({ classes }) => classes[1]!.target).sort((a, b) => a - b);
    const { label, images } = readExamples(file('examples.json'));
    expect(label).toBe(1);
    const count = (mask: string) => unpackBytes(mask).filter((value) => value === 1).length;
    expect(images.map(({ truth }) => count(truth))).toEqual(sizes);
    for (const { id, image, predicted, height, width } of images) {
      expect(unpackBytes(image.rgb)).toHaveLength(3 * image.height * image.width);
      expect(unpackBytes(predicted.best!)).toHaveLength(height * width);
      const scored = last.cases.find((one) => one.id === id)!.classes[1]!;
      expect(count(predicted.last)).toBe(scored.predicted);
    }
  });

  it('of version 1 is read as version 2, and of an unknown version is refused', () => {
    const copy = path.join(folder, 'old.json');
    const { label, images } = readExamples(file('examples.json'));
    const old = images.map((one) => ({ ...one, region: 'median', image: one.image.rgb }));
    writeFileSync(copy, JSON.stringify({ schemaVersion: 1, label, images: old }));
    expect(readExamples(copy)).toEqual({ schemaVersion: 2, label, images });
    writeFileSync(copy, JSON.stringify({ schemaVersion: 3, label, images }));
    expect(() => readExamples(copy)).toThrow(/old\.json: wanted schemaVersion 1 or 2, got 3/);
  });

  it('is bounded: of many images it keeps 48, evenly by region size, of volumes 12', () => {
    const cases = Array.from({ length: 95 }, (_, i) => {
      const truth = Uint8Array.from({ length: 100 }, (_, pixel) => (pixel <= i ? 1 : 0));
      return scoreCase({ id: String(i), truth, predicted: truth, shape: [10, 10], classes: ['a', 'b'] });
    });
    // 94 steps in 47: every second image.
    const { chosen } = chooseExamples(cases, 0);
    expect(chosen.map(({ id }) => Number(id))).toEqual(Array.from({ length: 48 }, (_, i) => 2 * i));
    expect(chooseExamples(cases, 0, mostExamples(true)).chosen.map(({ id }) => Number(id))).toEqual(
      [0, 9, 17, 26, 34, 43, 51, 60, 68, 77, 85, 94], // 94 i / 11, rounded
    );
  });
});

describe('a run', () => {
  it('is finished for a plan, and is not trained again', async () => {
    const plan = await planRun(tinyRun(folder, { epochs: 3 }), { name: 'cell' });
    expect({ state: plan.state, folder: plan.folder }).toEqual({ state: 'finished', folder: home });
    events.length = 0;
    const { summary } = await run();
    expect(summary).toMatchObject({ schemaVersion: 2, status: 'finished', epochs: 3, name: 'cell' });
    expect(events.map(({ type }) => type)).toEqual(['note']);
  });

  it.each(['examples.json', 'scores.json', 'summary.json'])(
    'that was killed before it wrote %s scores again and ends bit-identical',
    async (lost) => {
      const names = [
        'examples.json',
        'scores.json',
        'summary.json',
        'metrics.jsonl',
        'checkpoints/last.safetensors',
      ];
      const before = names.map(bytes);
      const order = ['examples.json', 'scores.json', 'summary.json'];
      for (const name of order.slice(order.indexOf(lost))) rmSync(file(name));
      writeFileSync(file('STATUS'), 'running\n');
      const { summary } = await run();
      expect(summary.status).toBe('finished');
      expect(names.map((name, i) => bytes(name).equals(before[i]!))).toEqual(names.map(() => true));
    },
  );

  it('reports its events in order, every one under its id', async () => {
    events.length = 0;
    const { summary } = await run({ seed: 1 });
    const types = events.map(({ type }) => type).filter((type) => type !== 'step');
    expect(types).toEqual(['run.start', 'epoch', 'epoch', 'epoch', 'run.end']);
    expect(new Set(events.map((event) => event.run))).toEqual(new Set([summary.id]));
  });
});
