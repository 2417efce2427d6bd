// What testRun scores: the images that the run was validated with, or what it is given, and never others in silence.
import { appendFileSync, copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openRun, readExamples, readScores, runTraining, testRun, type OpenRun } from '@segloss/trainer';

import { scratch, tinyRun, writeDataset, writePng } from './run-fixture';

let folder: string;
let remove: () => void;
let run: OpenRun;
const at = (...names: string[]) => path.join(folder, 'data', ...names);

beforeAll(async () => {
  ({ folder, remove } = scratch());
  writeDataset(path.join(folder, 'data'), [2, 4, 6, 8]);
  writeFileSync(at('train.txt'), '0\n1\n');
  writeFileSync(at('val.txt'), '2\n');
  run = await openRun((await runTraining(tinyRun(folder, { epochs: 1 }))).folder);
});
afterAll(() => {
  run.model.dispose();
  remove();
});

const ids = async (options?: Parameters<typeof testRun>[1]) =>
  (await testRun(run, options)).cases.map(({ id }) => id);

describe('testRun', () => {
  it('scores the images of a part', async () => {
    expect([await ids(), await ids({ part: 'train' })]).toEqual([['2'], ['0', '1']]);
  });

  it('refuses lists or masks that have changed since the training, unless the folder is named explicitly', async () => {
    appendFileSync(at('val.txt'), '0\n');
    await expect(ids()).rejects.toMatchObject({ code: 'other-data', message: expect.stringContaining('have changed since') }); // prettier-ignore
    expect(await ids({ data: at() })).toEqual(['2', '0']);
    writeFileSync(at('val.txt'), '2\n');
    expect(await ids()).toEqual(['2']);
    const mask = readFileSync(at('masks', '2.png'));
    writePng(at('masks', '2.png'), 16, (x) => Number(x < 3));
    await expect(ids()).rejects.toMatchObject({ code: 'other-data' });
    expect(await ids({ data: at() })).toEqual(['2']);
    writeFileSync(at('masks', '2.png'), mask);
  });

  it('refuses a part without images', async () => {
    const single = path.join(folder, 'single');
    writeDataset(single, [5]);
    await expect(ids({ data: single })).rejects.toThrow(
      /wanted images in val of .*single, got none.*--part all/,
    );
    expect(await ids({ data: single, part: 'all' })).toEqual(['0']);
    await expect(ids({ part: 'all' })).rejects.toThrow(TypeError);
    rmSync(single, { recursive: true });
  });
});

describe('the settings of a run', () => {
  const edited = async (change: (text: string) => string) => {
    const file = path.join(run.folder, 'config.resolved.yaml');
    const text = readFileSync(file, 'utf8');
    const changed = change(text);
    writeFileSync(file, changed);
    try {
      const opened = await openRun(run.folder);
      opened.model.dispose();
      return [changed !== text, opened.edited];
    } finally {
      writeFileSync(file, text);
    }
  };

  it('are those of the training, or `edited`; where its images lie does not count', async () => {
    expect(run.edited).toBe(false);
    expect(await edited((text) => text.replace(/size: 16\b/, 'size: 8'))).toEqual([true, true]);
    expect(await edited((text) => text.replace(/epochs: 1\b/, 'epochs: 9'))).toEqual([true, true]);
    expect(await edited((text) => text.replace(/folder: .*/, 'folder: elsewhere'))).toEqual([true, false]);
    expect(await edited((text) => `# moved\n${text}`)).toEqual([true, false]);
  });

  it('are the same ones with a loss of the user', async () => {
    writeFileSync(
      path.join(folder, 'mine.mjs'),
      `import { defineLoss } from '@segloss/losses';
import { mean } from '@tensorflow/tfjs-core';
export const mine = defineLoss({ name: 'mine', summary: 'sizes', defaults: {}, statistics: () => ['predicted'], compute: ({ predicted }) => mean(predicted) });
`,
    );
    const given = tinyRun(folder, { epochs: 1, loss: 'ce + ./mine.mjs#mine' });
    const opened = await openRun((await runTraining({ ...given, folder })).folder);
    opened.model.dispose();
    expect(opened.edited).toBe(false);
  });
});

describe('other data', () => {
  const other = (name: string) => path.join(folder, name);
  const trainedOn = async (data?: string) =>
    (await testRun(run, { ...(data !== undefined && { data }) })).trainedOn;

  beforeAll(() => {
    writeDataset(other('new'), [2, 4, 6, 8], 20);
    writeFileSync(path.join(other('new'), 'val.txt'), '2\n3\n');
    writeFileSync(path.join(other('new'), 'train.txt'), '0\n1\n');
  });

  it('are compared with the images of the training, by their bytes', async () => {
    expect(await trainedOn()).toBeUndefined();
    expect(await trainedOn(other('new'))).toBe(0);
    // An image of the training under another name; 2.png is one of the run's validation images.
    copyFileSync(at('images', '1.png'), path.join(other('new'), 'images', '3.png'));
    copyFileSync(at('masks', '1.png'), path.join(other('new'), 'masks', '3.png'));
    copyFileSync(at('images', '2.png'), path.join(other('new'), 'images', '2.png'));
    copyFileSync(at('masks', '2.png'), path.join(other('new'), 'masks', '2.png'));
    expect(await trainedOn(other('new'))).toBe(1);
  });

  it('are compared with what was trained on, also after lists of the folder have changed', async () => {
    writeFileSync(at('train.txt'), '0\n');
    writeFileSync(at('val.txt'), '1\n2\n');
    expect(await trainedOn(at())).toBe(1);
    writeFileSync(at('train.txt'), '0\n1\n');
    writeFileSync(at('val.txt'), '2\n');
  });

  it('cannot be compared where the folder of the training is gone', async () => {
    renameSync(at(), other('moved'));
    const compared = await trainedOn(other('new')).finally(() => renameSync(other('moved'), at()));
    expect(compared).toBeNull();
  });
});

describe('a run on images of a small part of their range', () => {
  it.each(['none', { mean: [0.03], std: [0.02] }])('warns once, normalize: %j', async (normalize) => {
    const home = path.join(folder, `dark-${typeof normalize}`);
    writeDataset(path.join(home, 'data'), [2, 4, 6, 8]);
    for (const i of [0, 1, 2, 3]) writePng(path.join(home, 'data', 'images', `${i}.png`), 16, (x) => x + i);
    const notes: string[] = [];
    const data = { folder: path.join(home, 'data'), size: 16, normalize };
    await runTraining(tinyRun(home, { data }), {
      onEvent: (event) => void (event.type === 'note' && notes.push(event.text)),
    });
    const dark = notes.filter((text) => text.includes('largest value'));
    // 15 + 3 of 255
    expect(dark).toEqual(normalize === 'none' ? [expect.stringContaining('18 of 255')] : []);
  });
});

describe('a run whose validation masks are ignored throughout', () => {
  it('ends, with no score and no example', async () => {
    const ignored = path.join(folder, 'ignored');
    writeDataset(path.join(ignored, 'data'), [4, 6, 8]);
    writePng(path.join(ignored, 'data', 'masks', '2.png'), 16, () => 255);
    writeFileSync(path.join(ignored, 'data', 'label-map.json'), '{"255": 255}');
    writeFileSync(path.join(ignored, 'data', 'train.txt'), '0\n1\n');
    writeFileSync(path.join(ignored, 'data', 'val.txt'), '2\n');
    const { folder: home, summary } = await runTraining(tinyRun(ignored, { epochs: 1 }));
    expect(summary.status).toBe('finished');
    const { images } = readExamples(path.join(home, 'examples.json'));
    expect(images).toEqual([]);
  });
});

describe('several decodings', () => {
  const decodings = [
    { policy: 'argmax' },
    { policy: 'volume' },
    { policy: 'threshold', threshold: 0.3 },
  ] as const;

  it('score what each alone scores, of the same probabilities', async () => {
    const together = await testRun(run, { decodings });
    expect(together.decodings!.map(({ decode }) => decode)).toEqual(decodings);
    for (const [i, decode] of decodings.entries()) {
      const alone = await testRun(run, { decode });
      expect(together.decodings![i]).toEqual({ decode, cases: alone.cases, summary: alone.summary });
      expect([together.reliability, together.marginals.soft]).toEqual([
        alone.reliability,
        alone.marginals.soft,
      ]);
      expect(alone).not.toHaveProperty('decodings');
    }
    const { cases, summary, decode } = together;
    expect({ decode, cases, summary }).toEqual(together.decodings![0]);
    // Volume predicts as many pixels as the probabilities sum to.
    const [, foreground] = together.decodings![1]!.cases[0]!.classes;
    expect(foreground!.predicted).toBe(Math.round(foreground!.softPredicted!));
  });

  it('are refused together with a single decoding, and when the list is empty', async () => {
    await expect(testRun(run, { decode: decodings[0], decodings })).rejects.toThrow('wanted decode or decodings, got both'); // prettier-ignore
    await expect(testRun(run, { decodings: [] })).rejects.toThrow('at least one decoding');
  });
});

describe('lesions', () => {
  it('are scored where requested, and in scores.json of a run whose data have a background', async () => {
    const { lesions, summary, cases } = await testRun(run, { lesions: { iou: 0.1, brats: 'met' } });
    expect(lesions).toEqual({ iou: 0.1, brats: 'met' });
    // Each mask of the fixture is one rectangle.
    expect(cases[0]!.classes[1]!.lesions!.truth).toEqual([cases[0]!.classes[1]!.target]);
    expect(summary.classes[1]!.lesions!.lesionWise!.dice.cases).toBe(1);
    expect((await testRun(run)).cases[0]!.classes[1]).not.toHaveProperty('lesions');
    const { last } = readScores(path.join(run.folder, 'scores.json'));
    expect(last.cases[0]!.classes[1]!.lesions!.truth).toHaveLength(1);
    expect(last.cases[0]!.classes[0]).not.toHaveProperty('lesions');
  });
});
