import { beforeAll, describe, expect, it } from '@jest/globals';
import { lossProfile, type LossLike, type LossProfileOptions, type ProfileCurve } from '@segloss/bias';
import { parseLoss } from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

import { posteriorMaps, posteriorOf } from '../src/profile/posterior-maps';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const NOTHING: LossProfileOptions = { q: [0.2], families: [], posterior: false, simplex: false };
const profile = (spec: string, options: LossProfileOptions) =>
  lossProfile(parseLoss(spec), { ...NOTHING, ...options });

async function curves(spec: string, options: LossProfileOptions): Promise<readonly ProfileCurve[]> {
  const { families, findings } = await profile(spec, { points: 9, ...options });
  expect(findings).toEqual([]);
  return families;
}

describe('the minimizers that theory knows', () => {
  const q = [0.001, 0.02, 0.2, 0.6];

  it.each<[string, (q: number) => number]>([
    ['ce', (q: number) => q],
    ['ce(classWeights=[1,9])', (q: number) => (9 * q) / (9 * q + 1 - q)],
    ['balanced-ce', () => 0.5], // inverse frequencies
    ['ce + l1', (q: number) => q],
    ['ce + kl', (q: number) => q],
    ['ce + dice-bias', (q: number) => q * q], // (p - q) / (p (1 - p)) + 1 / (p + q) = 0
  ])('for predictions without knowledge: %s', async (spec, theory) => {
    for (const { q: truth, minimizer } of await curves(spec, { q, families: ['uniform'], points: 5 })) {
      const wanted = theory(truth);
      if (wanted < 1e-4) {
        expect(minimizer).toMatchObject({ p: 0, edge: 'low' }); // the curves begin at 1e-4
        continue;
      }
      expect(Math.abs(minimizer!.p - wanted)).toBeLessThan(0.01 * wanted);
      expect(minimizer!.low).toBeLessThanOrEqual(minimizer!.p);
      expect(minimizer!.high - minimizer!.low).toBeLessThan(0.01 * wanted);
    }
  });

  it('of log(p + q): no foreground at all; with the background beside it, the larger of the two alone', async () => {
    for (const { minimizer } of await curves('dice-bias', { q: [0.02, 0.6], families: ['uniform', 'noise'] })) {
      expect(minimizer).toMatchObject({ p: 0, low: 0, edge: 'low' });
    }
    for (const { q: truth, minimizer } of await curves('dice-bias', { q: [0.02, 0.6], families: ['uniform'], mode: 'multiclass' })) {
      expect(minimizer).toMatchObject(truth < 0.5 ? { p: 0, edge: 'low' } : { p: 1, edge: 'high' });
    }
  }); // prettier-ignore

  it('of cross-entropy: q, whatever the pixels know, and it comes to rest there', async () => {
    for (const { q: truth, p, force, minimizer, equilibria } of await curves('ce', { q: [0.02, 0.3], families: ['noise', 'nested'] })) {
      expect(Math.abs(minimizer!.p / truth - 1)).toBeLessThan(0.01);
      expect(equilibria).toHaveLength(1);
      expect(equilibria[0]!.stable).toBe(true);
      force.forEach((f, i) => expect(f).toBeCloseTo(p[i]! - truth, 6));
    }
  }); // prettier-ignore

  it('of Dice: too large where pixels are unsure', async () => {
    for (const { q: truth, minimizer } of await curves('dice', { q: [0.1, 0.3], families: ['noise'] })) {
      expect(minimizer!.p).toBeGreaterThan(1.1 * truth);
    }
  });
});

describe('matched predictions show the penalty of the Dice family', () => {
  it.each([
    ['log-dice(smooth=0)', 0.5],
    ['tversky(log=true,alpha=0.3,beta=0.7,smooth=0)', 0.3],
    ['tversky(log=true,alpha=0.8,beta=0.2,smooth=0)', 0.8],
  ])('%s: log(α p + β q)', async (spec, alpha) => {
    for (const { q, p, value, slope, minimizer } of await curves(spec, {
      q: [0.02, 0.4],
      families: ['matched'],
    })) {
      const penalty = (at: number) => Math.log(alpha * at + (1 - alpha) * q);
      p.forEach((at, i) => {
        expect(value[i]! - value[0]!).toBeCloseTo(penalty(at) - penalty(p[0]!), 5);
        expect(slope[i]! / (alpha / (alpha * at + (1 - alpha) * q))).toBeCloseTo(1, 2);
      });
      expect(minimizer).toMatchObject({ edge: 'low' });
      expect(minimizer!.p).toBeCloseTo(q / 2, 12); // the true region at one half, and nothing else
    }
  });

  it('Tversky without false positives has none: flat from end to end', async () => {
    const spec = 'tversky(log=true,alpha=0,beta=1,smooth=0)';
    const [{ q, minimizer }] = (await curves(spec, { families: ['matched'] })) as [ProfileCurve];
    expect(minimizer).toMatchObject({ low: q / 2, high: 1 - q / 2, edge: 'none' });
  });
});

describe('the best prediction under uncertain labels', () => {
  const sigmoidRatio = (share: number, w: number) => (w * share) / (w * share + 1 - share);

  it('of cross-entropy is the posterior, and keeps its volume', async () => {
    const { posterior } = await profile('ce', { posterior: true });
    expect(posterior.map(({ name }) => name)).toEqual(['label-noise', 'blurred-border', 'shifted']);
    for (const { softRatio, posterior: shares, prediction } of posterior) {
      expect(Math.abs(softRatio - 1)).toBeLessThan(0.01);
      prediction.forEach((s, i) => expect(Math.abs(s - shares[i]!)).toBeLessThan(0.01));
    }
  });

  it('tells the pixels apart where a term has an edge, and keeps the size of counted pixels better than cross-entropy', async () => {
    const all = { posterior: true };
    const [ce, l1] = [await profile('ce', all), await profile('ce + l1(temperature=10)', all)];
    l1.posterior.forEach(({ hardRatio, prediction }, i) => {
      expect(Math.max(...prediction) - Math.min(...prediction)).toBeGreaterThan(0.3);
      expect(Math.abs(hardRatio - 1)).toBeLessThanOrEqual(Math.abs(ce.posterior[i]!.hardRatio - 1) + 1e-9);
    });
  });

  it('of weighted cross-entropy is the posterior with weighted odds', async () => {
    const { posterior } = await profile('ce(classWeights=[1,4])', { posterior: ['label-noise'] });
    expect(posterior).toHaveLength(1);
    for (const { posterior: shares, prediction } of posterior) {
      prediction.forEach((s, i) => expect(Math.abs(s - sigmoidRatio(shares[i]!, 4))).toBeLessThan(0.01));
    }
  });

  // Lipton, Elkan, Naryanaswamy, arXiv:1402.1892, Theorem 1, for F1; Nordström et al., arXiv:2206.06484; Dai and Li, JMLR 24, 2023.
  it('of Dice is a threshold at half of the best Dice, with another volume', async () => {
    const { posterior } = await profile('dice(smooth=0)', { posterior: true });
    expect(posterior).toHaveLength(3);
    for (const { name, value, threshold, hard, softRatio, hardRatio } of posterior) {
      const map = posteriorMaps().find((each) => each.name === name)!;
      const shares = posteriorOf(map);
      const expectedDice = (least: number) => {
        const inside = shares.map((share) => share >= least);
        const size = inside.filter(Boolean).length;
        const each = map.labels.map((labels) => {
          const overlap = labels.reduce((sum, y, i) => sum + (inside[i] ? y : 0), 0);
          return (2 * overlap) / (size + labels.reduce((sum, y) => sum + y, 0));
        });
        return { size, dice: each.reduce((sum, dice) => sum + dice, 0) / each.length };
      };
      const best = [...new Set(shares)].map(expectedDice).reduce((a, b) => (b.dice > a.dice ? b : a));
      expect(1 - value).toBeCloseTo(best.dice, 3);
      expect(hard).toBeCloseTo(best.size / shares.length, 12);
      expect(threshold!.low).toBeLessThanOrEqual(best.dice / 2);
      expect(threshold!.high).toBeGreaterThanOrEqual(best.dice / 2);
      expect(Math.abs(softRatio - hardRatio)).toBeLessThan(0.01);
    }
    expect(Math.max(...posterior.map(({ softRatio }) => softRatio))).toBeGreaterThan(1.1);
  });
});

describe('three classes', () => {
  it('Σ log(p + q) is least at the vertex of the largest class', async () => {
    const { simplex } = await profile('dice-bias', { simplex: [0.1, 0.3, 0.6] });
    expect(simplex!.minimum).toEqual([0, 0, 1]);
  });

  it('cross-entropy flows to the true proportions by -(diag p - p pᵀ)(p - q)', async () => {
    const { simplex } = await profile('ce', { simplex: [0.5, 0.3, 0.2] });
    simplex!.minimum!.forEach((share, k) => expect(Math.abs(share / simplex!.q[k]! - 1)).toBeLessThan(0.01));
    for (const { p, flow } of simplex!.points) {
      const f = p.map((share, k) => share - simplex!.q[k]!);
      const mean = p.reduce((sum, share, k) => sum + share * f[k]!, 0);
      flow!.forEach((rate, k) => expect(rate).toBeCloseTo(-p[k]! * (f[k]! - mean), 6));
    }
  });

  it('is left out where channels are read one by one', async () => {
    expect((await profile('bce', { simplex: [0.7, 0.2, 0.1] })).simplex).toBeUndefined();
  });
});

describe('findings', () => {
  const findings = async (
    loss: LossLike,
    options: LossProfileOptions = { families: ['uniform'], points: 9 },
  ) => (await lossProfile(loss, { ...NOTHING, ...options })).findings;
  const ce = parseLoss('ce');
  const detached = (x: tf.Tensor) =>
    tf.customGrad((y) => ({
      value: tf.clone(y as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
    }))(x);
  /** Cross-entropy with so many times its gradient. */
  const withGradient =
    (factor: number): LossLike =>
    (labels, logits) => {
      const value = ce(labels, logits);
      return tf.add(tf.mul(factor, value), tf.mul(1 - factor, detached(value)));
    };

  it('are none for sound losses', async () => {
    for (const spec of ['ce', 'focal', 'lovasz', 'threshold-ce', 'hausdorff-dt'])
      expect(await findings(parseLoss(spec))).toEqual([]);
  });

  it('of a gradient with the wrong sign', async () => {
    const found = await findings(withGradient(-1));
    expect(found.map(({ kind, where }) => `${kind} ${where}`)).toEqual([
      'wrong-gradient gradient',
      'wrong-gradient uniform',
    ]);
    expect(found[0]!.message).toMatch(
      /the derivative along the gradient is .* where finite differences say -/,
    );
  });

  it('of a gradient of twice the size', async () => {
    expect((await findings(withGradient(2))).map(({ kind }) => kind)).toEqual(['wrong-gradient']);
  });

  it('of a gradient that is 0 where the value moves, and of one that tfjs does not have', async () => {
    expect(await findings(withGradient(0))).toContainEqual({
      kind: 'no-gradient',
      where: 'gradient',
      message: 'the gradient is 0 at predictions where the value moves',
    });
    const hard: LossLike = (labels, logits) =>
      tf.mean(tf.cast(tf.notEqual(tf.cast(tf.greater(logits, 0), 'int32'), labels), 'float32'));
    const { findings: found, families } = await lossProfile(hard, { ...NOTHING, families: ['nested'], posterior: ['shifted'], points: 33 });
    expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(['no-gradient']));
    expect(families[0]!.force.every((f) => f === null)).toBe(true);
    expect(Math.abs(families[0]!.minimizer!.p / 0.2 - 1)).toBeLessThan(0.3); // from values alone
  }); // prettier-ignore

  it('of NaN and infinite values, which are null in the curves', async () => {
    const root: LossLike = (labels, logits) => tf.add(ce(labels, logits), tf.sqrt(tf.mean(logits)));
    expect((await findings(root)).map(({ kind }) => kind)).toContain('nan');
    const infinite: LossLike = (labels, logits) =>
      tf.add(ce(labels, logits), tf.div(1, tf.mul(0, tf.sum(logits))));
    const result = await lossProfile(infinite, { ...NOTHING, families: ['uniform'], points: 5 });
    expect(result.findings.some(({ kind }) => kind === 'infinite' || kind === 'nan')).toBe(true);
    expect(result.families[0]!.value).toEqual([null, null, null, null, null]);
    expect(result.families[0]!.minimizer).toBeNull();
  });

  it('of a loss that throws, or takes no three classes', async () => {
    const broken: LossLike = () => {
      throw new Error('no such thing');
    };
    const { findings: found, mode } = await lossProfile(broken, {
      ...NOTHING,
      families: ['uniform'],
      points: 5,
    });
    expect(mode).toBe('binary');
    expect(found).toContainEqual({
      kind: 'error',
      where: 'uniform',
      message: 'the loss threw: no such thing',
    });
    const weighted = await profile('ce(classWeights=[1,9])', { simplex: [0.7, 0.2, 0.1] });
    expect(weighted.simplex).toBeUndefined();
    expect(weighted.findings).toMatchObject([{ kind: 'error', where: 'simplex' }]);
  });
});

describe('lossProfile', () => {
  it('is plain JSON, leaves no tensor behind, and takes two channels where one is refused', async () => {
    const before = tf.memory().numTensors;
    const result = await profile('log-dice', { q: [0.3], families: ['uniform', 'noise'], posterior: ['shifted'], points: 5, simplex: [0.6, 0.3, 0.1] }); // prettier-ignore
    expect(tf.memory().numTensors).toBe(before);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(result.spec).toBe('log-dice');
    const two: LossLike = (labels, logits) => {
      if (logits.shape.at(-1) === 1) throw new RangeError('wanted two channels');
      return parseLoss('ce')(labels, logits);
    };
    const { mode, families } = await lossProfile(two, { ...NOTHING, families: ['uniform'], points: 5 });
    expect(mode).toBe('multiclass');
    expect(Math.abs(families[0]!.minimizer!.p / families[0]!.q - 1)).toBeLessThan(0.01);
  });

  it('reads schedules at an epoch', async () => {
    const spec = 'ce + linear(from=0,to=1,epochs=10)*dice-bias';
    const at = async (epoch: number) =>
      (await profile(spec, { families: ['uniform'], points: 5, epoch })).families[0]!;
    const [first, last] = [await at(0), await at(10)];
    expect(first.minimizer!.p / first.q).toBeCloseTo(1, 2);
    expect(last.minimizer!.p / last.q ** 2).toBeCloseTo(1, 2);
  });

  it.each([
    [{ family: ['uniform'] }, 'unknown option "family"; known options: q, families'],
    [{ q: [0] }, 'wanted q to be proportions between 0 and 1, got [0]'],
    [{ families: ['disc'] }, 'wanted families to be of uniform, nested, noise, matched, got "disc"'],
    [{ points: 4 }, 'wanted points to be an integer of at least 5, got 4'],
    [{ simplex: [0.5, 0.5] }, 'wanted simplex to be three positive proportions whose sum is 1, or false'],
    [{ mode: 'multilabel' }, "wanted mode 'binary' or 'multiclass', got \"multilabel\""],
    [{ epoch: -1 }, 'wanted epoch to be an integer of at least 0, got -1'],
    [
      { posterior: ['noise'] },
      'wanted posterior to be true, false or a list of label-noise, blurred-border, shifted, got ["noise"]',
    ],
  ])('refuses %j', async (options, message) => {
    await expect(lossProfile(parseLoss('ce'), options as LossProfileOptions)).rejects.toThrow(message);
  });

  it('refuses what is no loss', async () => {
    await expect(lossProfile('ce' as never)).rejects.toThrow("wanted a loss, got string; parseLoss('dice')");
  });
});
