// The statistics of the replication on rows that are counted by hand, its plans, and the command.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';

import { claim1, claim2, claim3 } from '../src/replicate/claims/claims.js';
import { effectOverSeeds, poolEffects, verdictOf, verdictOfAll } from '../src/replicate/claims/compare.js';
import { weightOf } from '../src/replicate/claims/sections.js';
import {
  balanced,
  diceOfMask,
  geometricMean,
  sizeErrorOfMask,
  sizeErrorOfProbabilities,
  sizeRatios,
} from '../src/replicate/claims/tables.js';
import { SMALL_PLANS } from '../src/replicate/plans.js';
import { packRows, unpackRows, type PaperRow, type PaperRows, type SetFacts } from '../src/replicate/rows.js';
import { builtCommand } from './command.js';
import { side, writeImages } from './images.js';

const street: SetFacts = {
  classes: ['road', 'car', 'tree'],
  background: null,
  cases: [{ id: 'a', pixels: 10, target: [6, 4, 0] }],
};
const street1 = { predicted: [5, 3, 2], overlap: [4, 3, 0], soft: [5.5, 3.5, 1] };

describe('scores of a case', () => {
  it('are counted over the foreground classes that are true or predicted', () => {
    // Dice: road 8/11, car 6/7, tree 0/2; without a background all three count.
    expect(diceOfMask(street.cases[0]!, street1, street)).toBeCloseTo((8 / 11 + 6 / 7) / 3, 12);
    const binary = { ...street, background: 0 as const };
    expect(diceOfMask({ id: 'b', pixels: 10, target: [10, 0, 0] }, { predicted: [10, 0, 0], overlap: [10, 0, 0] }, binary)).toBeNaN(); // prettier-ignore
  });

  it('are half the L1 distance of the marginals: pixels that would have to change their class', () => {
    expect(sizeErrorOfMask(street.cases[0]!, street1, street)).toBeCloseTo(0.2, 12); // (1 + 1 + 2) / 20
    expect(sizeErrorOfProbabilities(street.cases[0]!, street1, street)).toBeCloseTo(0.1, 12);
  });

  it('give size ratios over all images, and the share of other pixels that is called a class', () => {
    const { soft, hard, spill } = sizeRatios({ cases: [street1] }, street);
    expect([soft[0], hard[0], hard[1]]).toEqual([5.5 / 6, 5 / 6, 3 / 4]);
    expect(spill[0]).toBeCloseTo(1 / 4, 12);
    expect(hard[2]).toBe(Infinity);
  });
});

describe('verdicts', () => {
  it('follow from the interval', () => {
    expect(verdictOf({ interval: [0.001, 0.2] }, 0.01)).toBe('replicated');
    expect(verdictOf({ interval: [-0.1, 0.009] }, 0.01)).toBe('not replicated here');
    expect(verdictOf({ interval: [-0.1, 0.2] }, 0.01)).toBe('too little data to say');
    expect(verdictOfAll(['replicated', 'too little data to say'])).toBe('too little data to say');
    expect(verdictOfAll(['replicated', 'not replicated here'])).toBe('not replicated here');
  });

  it('pool independent effects', () => {
    const { mean, standardError, interval } = poolEffects([
      { mean: 0.1, standardError: 0.03, interval: [0, 0] },
      { mean: 0.3, standardError: 0.04, interval: [0, 0] },
    ]);
    expect([mean, standardError]).toEqual([expect.closeTo(0.2, 12), expect.closeTo(0.025, 12)]); // √(0.03² + 0.04²) / 2
    expect(interval[1]).toBeCloseTo(0.2 + 1.959964 * 0.025, 9);
  });

  it('take the interval over seeds from Student', () => {
    // scipy.stats.t.interval(0.95, 2, 1, scipy.stats.sem([0.9, 1, 1.1]))
    const { interval } = effectOverSeeds([0.9, 1, 1.1]);
    expect(interval[0]).toBeCloseTo(0.7515862, 6);
  });
});

const lesion: SetFacts = {
  classes: ['background', 'lesion'],
  background: 0,
  cases: [0, 1, 2].map((i) => ({ id: `c${i}`, pixels: 100, target: [80, 20] })),
};
/** A training whose masks have `predicted` pixels, of which `overlap` are right. */
const row = (
  labels: Record<string, string>,
  predicted: number,
  overlap: number,
  soft = predicted,
): PaperRow => ({
  labels,
  state: 'finished',
  cases: lesion.cases.map(() => ({ predicted: [100 - predicted, predicted], overlap: [0, overlap], soft: [100 - soft, soft] })), // prettier-ignore
  curve: { loss: [1], dice: [0.5] },
});

describe('claims', () => {
  const losses = ['ce', 'dice'];

  it('count extremes: no region, and most of the background', () => {
    const seeds = Array.from({ length: 8 }, (_, seed) => String(seed));
    const rows = seeds.flatMap((seed) => [
      row({ data: 'rare', loss: 'ce', setup: 'plain', seed }, 20, 20),
      seed < '3' ? row({ data: 'rare', loss: 'dice', setup: 'plain', seed }, 0, 0, 1.9) : row({ data: 'rare', loss: 'dice', setup: 'plain', seed }, 61, 20, 61), // prettier-ignore
    ]);
    const incomplete = row({ data: 'rare', loss: 'dice', setup: 'plain', seed: '8' }, 0, 0);
    const [found] = claim2({
      name: 'imbalance',
      losses,
      sets: { rare: lesion },
      rows: [...rows, incomplete],
    });
    const [ce, dice] = found!.losses;
    expect(found!.seeds).toHaveLength(8);
    expect(ce!.counts).toEqual({ count: 0, of: 8 });
    expect([dice!.counts, dice!.none, dice!.all]).toEqual([{ count: 8, of: 8 }, 3, 5]); // 41 of 80 is more than half
    expect(dice!.p).toBeCloseTo(2 / 12870, 9); // 2 / C(16, 8)
    expect(found!.verdict).toBe('replicated');
  });

  it('call the size of CE right within a tenth, and wrong outside', () => {
    const rows = (soft: readonly number[]): PaperRows => ({ name: 'claims', losses: ['ce'], sets: { nuclei: lesion }, rows: soft.map((size, seed) => row({ data: 'nuclei', loss: 'ce', seed: `${seed}` }, 20, 20, size)) }); // prettier-ignore
    expect(claim1(rows([20, 20.2, 19.8])).val).toBe('replicated');
    expect(claim1(rows([40, 40.2, 39.8])).val).toBe('not replicated here');
    expect(claim1(rows([10, 30, 20])).val).toBe('too little data to say');
    expect(claim1(rows([20, 20, 20])).train).toBeUndefined();
  });

  it('compare Dice with CE in both directions', () => {
    const cell = (data: string, loss: string, overlap: number) => ['0', '1'].map((seed) => row({ data, loss, seed }, 20, overlap + Number(seed))); // prettier-ignore
    const rows = [...cell('cracks', 'ce', 10), ...cell('cracks', 'dice', 15), ...cell('nuclei', 'ce', 10), ...cell('nuclei', 'dice', 15)]; // prettier-ignore
    const { small, varied, verdict } = claim3({ name: 'claims', losses, sets: { cracks: lesion, nuclei: lesion }, rows }); // prettier-ignore
    expect(small.pooled.mean).toBeCloseTo(0.25, 12); // 2 · 5 / 40
    expect(varied.pooled.mean).toBeCloseTo(-0.25, 12);
    expect([small.verdict, varied.verdict, verdict]).toEqual(['replicated', 'not replicated here', 'not replicated here']); // prettier-ignore
  });

  it('use seeds only where every training has ended', () => {
    const rows: PaperRows = { name: 'claims', losses, sets: { cracks: lesion }, rows: [row({ data: 'cracks', loss: 'ce', seed: '0' }, 1, 1), row({ data: 'cracks', loss: 'dice', seed: '0' }, 1, 1), row({ data: 'cracks', loss: 'ce', seed: '1' }, 1, 1)] }; // prettier-ignore
    expect(balanced(rows).rows).toHaveLength(2);
    expect(unpackRows(packRows(rows))).toEqual(rows);
  });

  it('read weight and temperature of a size term', () => {
    expect(weightOf('ce + 0.3*l1(temperature=20)')).toEqual({ weight: 0.3, temperature: 20 });
    expect(weightOf('ce + l1')).toEqual({ weight: 1, temperature: 1 });
    expect(geometricMean([4, 9])).toBeCloseTo(6, 12);
  });
});

describe('plans', () => {
  it.each(Object.keys(SMALL_PLANS))('%s is the file of experiments/paper', (name) => {
    expect(SMALL_PLANS[name]).toBe(readFileSync(path.join(root, `experiments/paper/${name}.yaml`), 'utf8'));
  });
});

describe('segloss replicate paper', () => {
  const { segloss, at, remove } = builtCommand('replicate');
  beforeAll(() => writeImages(at('sets/nuclei'), () => ({ size: side, value: 255 })));
  afterAll(remove);
  const tiny = ['--plan', 'claims', '--seeds', '1', '--set', 'epochs=1', '--set', 'data.limit=2', '--set', 'model.widths=[2,4]']; // prettier-ignore

  it('names what is missing, trains the rest, and says how far each claim got', () => {
    const { status, stdout, stderr } = segloss(
      'replicate',
      'paper',
      '--data',
      'sets',
      '--out',
      'paper',
      ...tiny,
    );
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stderr).toContain(
      `not found in ${at('sets')}, and left out:\n  polyp-kvasir/  (TrainDataset/images`,
    );
    expect(stderr).toContain('http://medicaldecathlon.com');
    expect(stderr).not.toContain('  nuclei/');
    expect(stdout).toMatch(/C8 \| a decoder can do what the loss does/);
    const { rows, sets } = unpackRows(readFileSync(at('paper/results/claims.json.gz')));
    expect(rows).toHaveLength(8);
    expect(Object.keys(sets)).toEqual(['nuclei']);
    expect(sets['nuclei']!.cases[0]!.pixels).toBe(48 * 48);
    const { remeasured } = rows.find(({ labels }) => labels['loss'] === 'ce')!;
    expect(remeasured!.train.target.reduce((a, b) => a + b)).toBe(2 * 48 * 48);
    expect(readFileSync(at('paper/evidence.md'), 'utf8')).toContain('## C4: CE + size term is best');
    expect(existsSync(at('paper/evidence-sizes-dark.svg'))).toBe(true);
  }, 300_000);

  it('lists the trainings of the full scale, and refuses plans that it does not have', () => {
    const { status, stderr, message } = segloss('replicate', 'paper', '--data', 'sets', '--scale', 'full', '--dry-run', '--plan', 'claims'); // prettier-ignore
    expect(status).toBe(2);
    expect(message.at(-1)).toContain(
      '--plan: wanted one of full-polyp-kvasir, full-retinal-lesions, full-cityscapes, imbalance',
    );
    expect(stderr).toContain('https://www.cityscapes-dataset.com');
    expect(stderr).toContain('no --encoder-weights');
  });

  it('leaves the data sets and the files of others where they are', () => {
    const before = readdirSync(at('sets/nuclei/images'));
    writeImages(at('project/data/nuclei'), () => ({ size: side, value: 255 }));
    for (const [data, message] of [
      ['project/data', /project\/data\/nuclei: the output would go into a folder that is read/],
      ['sets', /project\/data\/nuclei: exists, and was not made by segloss replicate; choose another --out/],
    ] as const) {
      const { status, stderr } = segloss('replicate', 'paper', '--data', data, '--out', 'project', ...tiny);
      expect(stderr).toMatch(message);
      expect(status).toBe(2);
    }
    for (const folder of ['sets', 'project/data'])
      expect(readdirSync(at(folder, 'nuclei/images'))).toEqual(before);
    writeFileSync(at('project/claims.yaml'), 'mine');
    const plan = segloss('replicate', 'paper', '--data', 'sets', '--out', 'project', ...tiny, '--dry-run');
    expect(plan.stderr).toMatch(
      /claims\.yaml: there already, and not written by segloss.*choose another --out/,
    );
    expect(readFileSync(at('project/claims.yaml'), 'utf8')).toBe('mine');
  }, 120_000);
});
