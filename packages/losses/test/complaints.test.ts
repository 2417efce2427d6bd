// What users of the Python libraries complain about most, each as a test that names it (and a thread about it).
import { describe, expect, it } from '@jest/globals';
import { lossRegistry, parseLoss } from '@segloss/losses';
import { checkLoss } from '@segloss/losses/testing';
import * as tf from '@tensorflow/tfjs-core';

const names = [...lossRegistry().keys()];
/** What the contract says of the rules with these words; there must be one. */
const rulesOf = (name: string, rule: string) => {
  const results = checkLoss(parseLoss(name), { modes: ['multiclass'] }).filter((result) =>
    result.rule.includes(rule),
  );
  if (results.length === 0) throw new Error(`no rule says "${rule}"`);
  return results;
};

const value = (spec: string, labels: tf.Tensor, logits: tf.Tensor) =>
  parseLoss(spec)(labels, logits).dataSync()[0]!;
const image = (...labels: number[]) => tf.tensor2d(labels, [1, labels.length], 'int32');
const scores = (pixels: number, classes: number, images = 1) =>
  tf.tensor3d(
    Array.from({ length: images * pixels * classes }, (_, i) => 2 * Math.sin(7 * i)),
    [images, pixels, classes],
  );

describe('complaint: NaN and infinity under half precision (smp#463, tensorflow#45568)', () => {
  // Losses compute in float32 whatever the network does; where a device has no float32 at all, see the limits in the README.
  const side = 32;
  const labels = tf.tensor3d(
    Array.from({ length: side * side }, (_, i) => Number(i % side < 9) + Number(i % side < 3)),
    [1, side, side],
    'int32',
  );
  const halves = [65504, -65504, 6e-8, -6e-8, 0.5, -2, 10.5, 0]; // the largest, the smallest, and some between
  const logits = tf.tensor4d(
    Array.from({ length: side * side * 3 }, (_, i) => halves[(i * 5 + (i >> 4)) % halves.length]!),
    [1, side, side, 3],
  );

  it.each(names)('%s is finite, with its gradient, on any logits that half precision can hold', (name) => {
    const { value: loss, grad } = tf.valueAndGrad((z) => parseLoss(name)(labels, z))(logits);
    expect(Number.isFinite(loss.dataSync()[0])).toBe(true);
    expect(grad.dataSync().every(Number.isFinite)).toBe(true);
  });
});

describe('complaint: the ignore index is missing or wrong in overlap losses (MONAI#8734, smp#366)', () => {
  it.each(names)('%s does not see ignored pixels', (name) => {
    for (const { failures } of rulesOf(name, 'ignored pixels')) expect(failures).toEqual([]);
  });
});

describe('complaint: the mean is divided by ignored pixels too (smp#852, mmseg#886)', () => {
  it.each(['ce', 'bce', 'focal', 'ce(labelSmoothing=0.1)'])(
    '%s is the mean over the pixels that count',
    (spec) => {
      const logits = scores(6, 3);
      const kept = tf.slice(logits, [0, 0, 0], [1, 4, 3]);
      expect(value(spec, image(0, 1, 2, 1, 255, 255), logits)).toBeCloseTo(
        value(spec, image(0, 1, 2, 1), kept),
        5,
      );
    },
  );
});

describe('complaint: everything ignored gives NaN and poisons the training (ultralytics#25096)', () => {
  it.each(names)('%s is 0 then, with no gradient', (name) => {
    for (const { failures } of rulesOf(name, 'nothing but ignored')) expect(failures).toEqual([]);
  });
});

describe('complaint: Dice per batch or per image changes the number with the batch size (smp#712)', () => {
  const labels = () => tf.tensor2d([[0, 0, 1, 2], [1, 2, 2, 2]], [2, 4], 'int32'); // prettier-ignore
  it.each(['dice', 'jaccard', 'tversky', 'generalized-dice', 'l1', 'kl'])(
    '%s perImage is the mean of single images',
    (spec) => {
      const logits = scores(4, 3, 2);
      const each = [0, 1].map((i) =>
        value(spec, tf.slice(labels(), [i, 0], [1, 4]), tf.slice(logits, [i, 0, 0], [1, 4, 3])),
      );
      expect(value(spec, labels(), logits)).toBeCloseTo((each[0]! + each[1]!) / 2, 5);
    },
  );

  it('perBatch is one large image, and another number', () => {
    const logits = scores(4, 3, 2);
    const batch = value('dice(aggregation=perBatch)', labels(), logits);
    expect(batch).toBeCloseTo(value('dice', tf.reshape(labels(), [1, 8]), tf.reshape(logits, [1, 8, 3])), 6);
    expect(batch).not.toBeCloseTo(value('dice', labels(), logits), 3);
  });
});

describe('complaint: empty masks leave the loss at 1 without gradient, or false positives unpunished (smp#1169)', () => {
  const pushed = (spec: string) => {
    const z = tf.tensor3d([-1, 0.5, 2, -3], [1, 4, 1]);
    return Array.from(
      tf
        .grad((logits) => parseLoss(spec)(image(0, 0, 0, 0), logits))(z)
        .dataSync(),
    );
  };

  it('by default and by "penalize" the gradient pushes the prediction down', () => {
    expect(pushed('dice').every((g) => g > 0)).toBe(true);
    expect(pushed('dice(smooth=0,absentClass=penalize)').every((g) => g > 0)).toBe(true);
  });

  it('"zero" and "skip" are free, and say so by their names', () => {
    expect(pushed('dice(smooth=0,absentClass=zero)').every((g) => g === 0)).toBe(true);
    expect(pushed('dice(smooth=0,absentClass=skip)').every((g) => g === 0)).toBe(true);
  });
});

describe('complaint: is multiclass focal a sigmoid or a softmax? (vision#3250, kornia#493)', () => {
  it('with γ = 0 the softmax form is cross-entropy, and the sigmoid form binary cross-entropy', () => {
    const [labels, logits] = [image(0, 2, 1, 255), scores(4, 3)];
    expect(value('focal(gamma=0)', labels, logits)).toBeCloseTo(value('ce', labels, logits), 5);
    expect(value('focal(gamma=0,activation=sigmoid)', labels, logits)).toBeCloseTo(
      value('bce', labels, logits),
      5,
    );
  });
});

describe('complaint: what focal alpha means (MONAI#8601, SegLossOdyssey#44)', () => {
  it('a number weighs y = 1 against y = 0 of a sigmoid', () => {
    const z = tf.tensor3d([0.3, -1], [1, 2, 1]);
    const half = value('focal(alpha=0.5)', image(1, 0), z);
    expect(half).toBeCloseTo(value('focal', image(1, 0), z) / 2, 6);
  });

  it('a number with a softmax is refused with the remedy; a list weighs the classes', () => {
    expect(() => value('focal(alpha=0.25)', image(0, 1), scores(2, 3))).toThrow(
      'wanted alpha to be a list of 3 class weights with softmax, got 0.25',
    );
    const [labels, logits] = [image(2, 2), scores(2, 3)];
    expect(value('focal(alpha=[1,1,3])', labels, logits)).toBeCloseTo(3 * value('focal', labels, logits), 4);
  });
});

describe('complaint: probabilities in place of logits, or the activation twice (smp#1263, MONAI#5413)', () => {
  it.each(names)(
    '%s takes logits alone: integers are refused, and a shift of all scores changes nothing',
    (name) => {
      const labels = image(0, 1, 2, 1);
      expect(() => value(name, labels, tf.zeros([1, 4, 3], 'int32'))).toThrow(
        'wanted float32 logits, got int32',
      );
      if (name === 'bce' || name === 'nacl') return; // sigmoids, and logits held near labels
      expect(value(name, labels, tf.add(scores(4, 3), 2))).toBeCloseTo(value(name, labels, scores(4, 3)), 4);
    },
  );
});

describe('complaint: class weights of Dice change its range (smp#554, segmentation_models#520)', () => {
  it('equal weights are no weights, and any weights keep the loss from 0 to 1', () => {
    const [labels, logits] = [image(0, 1, 2, 2), scores(4, 3)];
    const plain = value('dice(smooth=0)', labels, logits);
    expect(value('dice(smooth=0,classWeights=[7,7,7])', labels, logits)).toBeCloseTo(plain, 5);
    const weighted = value('dice(smooth=0,classWeights=[0,1,50])', labels, logits);
    expect(weighted).toBeGreaterThanOrEqual(0);
    expect(weighted).toBeLessThanOrEqual(1);
    expect(() => value('dice(classWeights=[1,2])', labels, logits)).toThrow(
      'wanted 3 classWeights, one for each class, got 2',
    );
  });
});

describe('complaint: generalized Dice weights are infinite for absent classes (MONAI#371, MONAI#4650)', () => {
  it('value and gradient are finite whichever classes are absent', () => {
    for (const labels of [image(0, 0, 0, 0), image(2, 2, 2, 2), image(0, 2, 0, 2)]) {
      const { value: loss, grad } = tf.valueAndGrad((z) => parseLoss('generalized-dice')(labels, z))(
        scores(4, 3),
      );
      expect(Number.isFinite(loss.dataSync()[0]!)).toBe(true);
      expect(grad.dataSync().every(Number.isFinite)).toBe(true);
    }
  });
});

describe('complaint: with soft labels the loss is not least at the target (MONAI#8094)', () => {
  it.each([
    'ce',
    'l1',
    'kl',
    'l2',
    'js',
    'kl-divergence',
    'dice(softLabels=semimetric)',
    'jaccard(softLabels=semimetric)',
    'tversky(softLabels=semimetric,alpha=0.3,beta=0.7)',
  ])('%s is least where the prediction is the target', (spec) => {
    const target = tf.softmax(scores(5, 3));
    const at = (logits: tf.Tensor) => value(spec, target, logits);
    const best = at(tf.log(target));
    for (const step of [0.3, -0.5, 2]) {
      expect(at(tf.add(tf.log(target), tf.mul(step, tf.oneHot([0, 1, 1, 2, 0], 3))))).toBeGreaterThan(
        best - 1e-6,
      );
    }
  });
});

describe('complaint: negative losses frighten (boundary-loss#17, nnUNet#662)', () => {
  it.each(names.filter((name) => name !== 'dice-bias' && name !== 'boundary'))(
    '%s is not negative; dice-bias and boundary say that they may be',
    (name) => {
      for (const labels of [image(0, 1, 2, 1), image(0, 0, 0, 0)]) {
        expect(value(name, labels, scores(4, 3))).toBeGreaterThanOrEqual(-1e-6);
      }
    },
  );

  it('0/255 masks and labels out of range are refused instead', () => {
    expect(() => value('dice(ignoreIndex=-1)', image(0, 255), tf.zeros([1, 2, 1]))).toThrow(
      'divide 0/255 masks by 255',
    );
  });
});

describe('complaint: focal Tversky and Lovász stall or give NaN (LovaszSoftmax#20, smp#734)', () => {
  it.each(['focal-tversky', 'lovasz', 'focal-tversky(gamma=0.3,smooth=0)'])(
    '%s has a finite gradient at a perfect prediction',
    (spec) => {
      const labels = image(0, 1, 2, 2);
      const perfect = tf.mul(tf.sub(tf.oneHot(labels, 3), 0.5), 2000);
      const { value: loss, grad } = tf.valueAndGrad((z) => parseLoss(spec)(labels, z))(perfect);
      expect(loss.dataSync()[0]).toBeCloseTo(0, 5);
      expect(grad.dataSync().every(Number.isFinite)).toBe(true);
    },
  );
});

describe('complaint: losses leak tensors, shapes broadcast silently (tfjs#5980, smp#542)', () => {
  it.each(names)('%s leaves nothing behind', (name) => {
    for (const { failures } of rulesOf(name, 'left behind')) expect(failures).toEqual([]);
  });

  it.each(names)('%s refuses labels that would broadcast', (name) => {
    expect(() => value(name, tf.zeros([1, 1], 'int32'), scores(4, 3))).toThrow(/wanted labels \[1,4\]/);
  });
});

describe('complaint: one channel into clDice gives a constant 0 (MONAI#8239)', () => {
  it('it counts like any other class', () => {
    const labels = tf.tensor3d([[[0, 1, 0], [0, 1, 0], [0, 1, 0]]], [1, 3, 3], 'int32'); // prettier-ignore
    const { value: loss, grad } = tf.valueAndGrad((z) => parseLoss('cldice')(labels, z))(
      tf.zeros([1, 3, 3, 1]),
    );
    expect(loss.dataSync()[0]).toBeGreaterThan(0);
    expect(Math.max(...grad.dataSync().map(Math.abs))).toBeGreaterThan(0);
  });
});

describe('complaint: Wasserstein Dice mixes the images of a batch (MONAI#4650)', () => {
  it.each([
    'wasserstein-dice',
    'wasserstein-dice(weighting=gdl)',
    'hausdorff-dt',
    'boundary',
    'cldice',
    'boundary-dou',
    'exp-log',
    'distance-dice',
  ])('%s of a batch is the mean of its images', (spec) => {
    const labels = [image(0, 1, 2, 1), image(2, 2, 0, 0)];
    const logits = scores(4, 3, 2);
    const alone = tf.split(logits, 2).map((z, i) => value(spec, labels[i]!, z));
    expect(value(spec, tf.concat(labels), logits)).toBeCloseTo((alone[0]! + alone[1]!) / 2, 5);
  });
});

describe('complaint: distance losses use the wrong side, spacing or degenerate masks (SegLossOdyssey#21, SegWithDistMap#22)', () => {
  const mask = tf.tensor3d([[[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]]], [1, 3, 4], 'int32'); // prettier-ignore
  const sure = (labels: tf.Tensor) => tf.expandDims(tf.sub(tf.mul(tf.cast(labels, 'float32'), 40), 20), -1);

  it('the boundary loss is least for the right mask, and grows with the distance of an error', () => {
    const wrongNear = tf.tensor3d([[[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]], [1, 3, 4], 'int32'); // prettier-ignore
    const wrongFar = tf.tensor3d([[[1, 1, 0, 1], [1, 1, 0, 0], [0, 0, 0, 0]]], [1, 3, 4], 'int32'); // prettier-ignore
    const losses = [mask, wrongNear, wrongFar].map((predicted) => value('boundary', mask, sure(predicted)));
    expect(losses[0]).toBeLessThan(losses[1]!);
    expect(losses[1]).toBeLessThan(losses[2]!);
  });

  it('distances are in the unit of the spacing', () => {
    const empty = tf.fill([1, 3, 4, 1], -20);
    const near = value('hausdorff-dt(alpha=1)', mask, empty);
    expect(value('hausdorff-dt(alpha=1,spacing=[3,3])', mask, empty)).toBeCloseTo(3 * near, 4);
    // Inside: distances 2, 1, 1, 1 rows or columns to the nearest pixel outside.
    expect(near).toBeCloseTo((2 + 1 + 1 + 1) / 12, 5);
    expect(value('hausdorff-dt(alpha=1,spacing=[1,10])', mask, empty)).toBeCloseTo((2 + 2 + 1 + 1) / 12, 5);
  });

  it.each(['boundary', 'hausdorff-dt', 'distance-ce', 'distance-dice'])(
    '%s is finite for empty and full masks',
    (spec) => {
      for (const labels of [tf.zeros([1, 3, 4], 'int32'), tf.ones([1, 3, 4], 'int32')]) {
        expect(value(spec, labels, tf.fill([1, 3, 4, 1], 0.3))).toEqual(expect.any(Number));
        expect(Number.isFinite(value(spec, labels, tf.fill([1, 3, 4, 1], 0.3)))).toBe(true);
      }
    },
  );
});
