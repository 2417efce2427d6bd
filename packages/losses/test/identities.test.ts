import { describe, expect, it } from '@jest/globals';
import { parseLoss, regionStatistics, withRegionSize, crossEntropy } from '@segloss/losses';
import * as fc from 'fast-check';
import * as tf from '@tensorflow/tfjs-core';

interface Example {
  readonly mode: 'binary' | 'multiclass' | 'multilabel';
  readonly labels: tf.Tensor;
  readonly logits: tf.Tensor;
  readonly mask: tf.Tensor;
}

/** Random images of 1 to 9 pixels in every mode, with labels, logits and a mask. */
const examples = (...modes: Example['mode'][]): fc.Arbitrary<Example> =>
  fc
    .record({
      mode: fc.constantFrom(...(modes.length ? modes : (['binary', 'multiclass', 'multilabel'] as const))),
      images: fc.integer({ min: 1, max: 3 }),
      pixels: fc.integer({ min: 1, max: 9 }),
      seed: fc.integer({ min: 1, max: 1e6 }),
    })
    .map(({ mode, images, pixels, seed }) => {
      const channels = mode === 'binary' ? 1 : 3;
      const perPixel = mode === 'multilabel' ? channels : 1;
      const most = mode === 'multiclass' ? channels : 2;
      const random = (shape: number[], scale: number, salt: number) =>
        tf.randomUniform(shape, 0, scale, 'float32', seed + salt);
      return {
        mode,
        labels: tf.cast(tf.floor(random([images, pixels, perPixel], most - 1e-3, 1)), 'int32'),
        logits: tf.sub(random([images, pixels, channels], 6, 2), 3),
        mask: tf.cast(tf.greater(random([images, pixels], 1, 3), 0.2), 'float32'),
      };
    });

const valueOf = (spec: string, { labels, logits, mode, mask }: Example): number =>
  tf.tidy(() => parseLoss(spec)(labels, logits, { mode, mask }).dataSync()[0]!);

/** The property for every example; the tensors are disposed. */
function forAll(arbitrary: fc.Arbitrary<Example>, property: (example: Example) => void): void {
  fc.assert(
    fc.property(arbitrary, (example) => {
      try {
        property(example);
      } finally {
        tf.dispose([example.labels, example.logits, example.mask]);
      }
    }),
    { numRuns: 40 },
  );
}

describe('identities between losses', () => {
  it.each([
    ['tversky(alpha=0.5,beta=0.5,smooth=0)', 'dice(smooth=0)'],
    ['tversky(alpha=0.5,beta=0.5,smooth=1)', 'dice(smooth=2)'],
    ['tversky(alpha=1,beta=1)', 'jaccard'],
    [
      'tversky(alpha=1,beta=1,aggregation=perBatch,absentClass=skip,log=true)',
      'jaccard(aggregation=perBatch,absentClass=skip,log=true)',
    ],
    ['focal-tversky(gamma=1,alpha=0.3,beta=0.7)', 'tversky(alpha=0.3,beta=0.7)'],
    ['penalty-generalized-dice(penalty=0)', 'generalized-dice'],
    ['size-bounds(lower=1,upper=1)', 'l2'],
    ['f-beta(beta=1,smooth=0)', 'dice(smooth=0)'],
    ['f-beta(beta=2)', 'tversky(alpha=0.2,beta=0.8)'],
    ['topk(k=100)', 'ce'],
    ['threshold-ce(threshold=1,by=label)', 'ce'],
    ['poly(epsilon=0)', 'ce'],
    ['poly(epsilon=2)', 'ce + 2*gce(q=1)'],
    ['nacl(alpha=0)', 'ce'],
    ['kl-divergence', 'ce'],
    ['2*asymmetric-focal(delta=0.5,gamma=0)', 'ce'],
    ['exp-log(gamma=1,diceWeight=0,crossEntropyWeight=1)', 'ce'],
    ['exp-log(gamma=1,diceWeight=1,crossEntropyWeight=0)', 'log-dice'],
    ['focal(reducedThreshold=1)', 'ce'],
    ['focal(gamma=0,normalized=true,activation=sigmoid)', 'bce'],
    ['boundary-dou(maxAlpha=0,absentClass=skip)', 'jaccard(squared=true,smooth=0.00001,absentClass=skip)'],
    ['dice(log=true)', 'log-dice'],
    ['dice(softLabels=semimetric)', 'dice'],
    ['jaccard(softLabels=semimetric)', 'jaccard'],
    ['noise-robust-dice(gamma=2,smooth=0)', 'dice(squared=true,smooth=0,absentClass=smooth)'],
  ])('%s is %s', (left, right) => {
    forAll(examples(), (example) => {
      expect(valueOf(left, example)).toBeCloseTo(valueOf(right, example), 4);
    });
  });

  it('Wasserstein Dice with all classes as far apart errs by 1 - the probability of the true class', () => {
    forAll(examples('multiclass'), (example) => {
      const { labels, logits, mask } = example;
      const wanted = tf.tidy(() => {
        const [valid, foreground] = [
          tf.cast(mask, 'float32'),
          tf.cast(tf.greater(tf.squeeze(labels, [2]), 0), 'float32'),
        ];
        const truth = tf.sum(
          tf.mul(tf.softmax(logits), tf.oneHot(tf.cast(tf.squeeze(labels, [2]), 'int32'), 3)),
          -1,
        );
        const right = tf.sum(tf.mul(tf.mul(valid, foreground), truth), 1);
        const error = tf.sum(tf.mul(valid, tf.sub(1, truth)), 1);
        const score = tf.div(tf.add(tf.mul(2, right), 1e-5), tf.add(tf.add(tf.mul(2, right), error), 1e-5));
        const seen = tf.sign(tf.sum(valid, 1));
        return tf.div(tf.sum(tf.mul(seen, tf.sub(1, score))), tf.maximum(tf.sum(seen), 1)).dataSync()[0]!;
      });
      expect(valueOf('wasserstein-dice', example)).toBeCloseTo(wanted, 4);
    });
  });

  it('top-k cross-entropy is the mean of the largest costs, ties shared', () => {
    const logits = tf.tensor3d([[[0], [1], [1], [-2]]]);
    const labels = tf.zeros([1, 4], 'int32');
    const costs = [0, 1, 1, -2].map((z) => Math.log1p(Math.exp(z)));
    const at = (k: number) => parseLoss(`topk(k=${k})`)(labels, logits).dataSync()[0]!;
    expect(at(25)).toBeCloseTo(costs[1]!, 5);
    expect(at(75)).toBeCloseTo((costs[1]! + costs[2]! + costs[0]!) / 3, 5);
    const gradient = tf
      .grad((z) => parseLoss('topk(k=25)')(labels, z))(logits)
      .dataSync();
    expect(gradient[1]).toBeCloseTo(gradient[2]!, 6);
  });

  it('generalized-dice with uniform weights is dice where there is one class', () => {
    forAll(examples('binary'), (example) => {
      const left = valueOf('generalized-dice(weighting=uniform,complement=false,smooth=1)', example);
      expect(left).toBeCloseTo(valueOf('dice', example), 4);
    });
  });

  it('the Jaccard score of one class is D / (2 - D), D its Dice score', () => {
    forAll(examples(), (example) => {
      const spec = '(smooth=0,aggregation=perBatch,absentClass=zero,classes=[0])';
      const dice = 1 - valueOf(`dice${spec}`, example);
      expect(1 - valueOf(`jaccard${spec}`, example)).toBeCloseTo(dice / (2 - dice), 4);
    });
  });

  it('micro Dice of a softmax is 1 - the mean probability of the true class', () => {
    forAll(examples('multiclass'), (example) => {
      const { labels, logits, mask } = example;
      const { overlap, count } = regionStatistics(labels, logits, { statistics: ['overlap', 'count'], mask });
      const pixels = tf.sum(count).dataSync()[0]! / 3;
      const wanted = pixels === 0 ? 0 : 1 - tf.sum(overlap).dataSync()[0]! / pixels;
      tf.dispose([overlap, count]);
      expect(valueOf('dice(smooth=0,aggregation=micro)', example)).toBeCloseTo(wanted, 4);
    });
  });

  it('Lovász-Softmax of hard predictions is 1 - Jaccard over the present classes', () => {
    forAll(examples('multiclass'), (example) => {
      const hard = {
        ...example,
        logits: tf.mul(tf.oneHot(tf.argMax(example.logits, -1), 3), 60) as tf.Tensor,
      };
      const jaccard = valueOf('jaccard(smooth=0,aggregation=perBatch,absentClass=skip)', hard);
      expect(valueOf('lovasz(aggregation=perBatch)', hard)).toBeCloseTo(jaccard, 4);
      hard.logits.dispose();
    });
  });

  it.each([
    'dice',
    'generalized-dice',
    'mcc',
    'lovasz',
    'jaccard(absentClass=skip)',
    'sensitivity-specificity',
  ])('%s of a batch is the mean of its images', (spec) => {
    forAll(examples('multiclass'), (example) => {
      const ones = { ...example, mask: tf.onesLike(example.mask) };
      const images = tf.unstack(example.labels).map((_, i) => {
        const of = (x: tf.Tensor) => tf.gather(x, [i]);
        return valueOf(spec, {
          mode: example.mode,
          labels: of(ones.labels),
          logits: of(ones.logits),
          mask: of(ones.mask),
        });
      });
      const mean = images.reduce((a, b) => a + b, 0) / images.length;
      expect(valueOf(spec, ones)).toBeCloseTo(mean, 4);
    });
  });

  it('half the squared L1 distance of marginals is at most their divergence (Pinsker), and JS is at most log 2', () => {
    forAll(examples('multiclass'), (example) => {
      const l1 = valueOf('l1(classReduction=sum)', { ...example, logits: example.logits });
      const one = example.labels.shape[0] === 1;
      if (one) expect(l1 ** 2 / 2).toBeLessThanOrEqual(valueOf('kl', example) + 1e-5);
      expect(valueOf('js', example)).toBeLessThanOrEqual(Math.LN2 + 1e-5);
      expect(
        Math.min(...['kl', 'reverse-kl', 'js', 'l2'].map((spec) => valueOf(spec, example))),
      ).toBeGreaterThan(-1e-5);
    });
  });
});

describe('choices', () => {
  const labels = () => tf.tensor2d([[0, 1, 2, 0]], [1, 4], 'int32');
  const logits = () => tf.tensor3d([[[1, 0, -1], [0, 2, 1], [0, 1, 0], [-1, 0, 1]]]); // prettier-ignore
  const value = (spec: string) => parseLoss(spec)(labels(), logits()).dataSync()[0]!;

  it('of classes are made after the softmax, and weights are a mean', () => {
    const each = [0, 1, 2].map((k) => value(`dice(classes=[${k}])`));
    expect(value('dice')).toBeCloseTo((each[0]! + each[1]! + each[2]!) / 3, 5);
    expect(value('dice(includeBackground=false)')).toBeCloseTo((each[1]! + each[2]!) / 2, 5);
    expect(value('dice(classWeights=[0,1,3],includeBackground=false)')).toBeCloseTo(
      (each[1]! + 3 * each[2]!) / 4,
      5,
    );
  });

  it('of a background leave a class out of the marginals, and the divergence stays nonnegative', () => {
    expect(value('l1(backgroundIndex=0,classReduction=sum)')).toBeLessThan(value('l1(classReduction=sum)'));
    expect(value('kl(backgroundIndex=0)')).toBeGreaterThan(0);
    expect(value('kl(target=[0.5,0.25,0.25])')).toBeCloseTo(value('kl'), 5);
  });

  it('that cannot be are refused', () => {
    expect(() => value('dice(classes=[3])')).toThrow('wanted classes from 0 to 2, got [3]');
    expect(() => value('dice(classes=[0],includeBackground=false)')).toThrow('wanted at least one class');
    expect(() => value('l1(backgroundIndex=3)')).toThrow('wanted backgroundIndex to be one of 3 channels');
    expect(() => value('kl(target=[0.5,0.5])')).toThrow('wanted 3 numbers in target');
    expect(() => value('dice(aggregation=micro,classWeights=[1,1,1])')).toThrow("with aggregation 'micro'");
    expect(() => value('size-bounds(lower=2,upper=1)')).toThrow('wanted lower to be at most upper');
    expect(() => withRegionSize(crossEntropy(), { kind: 'l3' as 'l1' })).toThrow(
      'withRegionSize: wanted kind',
    );
  });
});
