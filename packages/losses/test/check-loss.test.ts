import { describe, expect, it } from '@jest/globals';
import { defineLoss, type Loss } from '@segloss/losses';
import { checkLoss } from '@segloss/losses/testing';
import * as tf from '@tensorflow/tfjs-core';

describe('a loss of a user that breaks a rule', () => {
  const broken = (
    name: string,
    pixels: (inputs: { logits: tf.Tensor; target: tf.Tensor; valid: tf.Tensor }) => tf.Tensor,
  ) => defineLoss({ name, summary: name, defaults: {}, pixels: (inputs) => pixels(inputs) as tf.Scalar })();
  const rulesBroken = (loss: Loss) =>
    new Set(
      checkLoss(loss, { modes: ['multiclass'] })
        .filter(({ failures }) => failures.length > 0)
        .map(({ rule }) => rule),
    );

  it('is told that ignored pixels are seen', () => {
    const rules = rulesBroken(broken('sees-all', ({ logits }) => tf.mean(tf.square(logits))));
    expect(rules).toContain('logits of ignored pixels are not seen, not even NaN, and get no gradient');
  });

  it('is told that its gradient is wrong', () => {
    const wrong = tf.customGrad((z) => ({
      value: tf.mean(tf.square(z as tf.Tensor)),
      gradFunc: (dy: tf.Tensor) => tf.mul(dy, tf.neg(z as tf.Tensor)),
    }));
    expect(rulesBroken(broken('wrong-sign', ({ logits }) => wrong(logits)))).toContain(
      'the gradient agrees with finite differences',
    );
  });

  it('is told that it divides by zero when everything is ignored', () => {
    const naive = broken('naive-mean', ({ logits, target, valid }) =>
      tf.div(tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)))), tf.sum(valid)),
    );
    expect(rulesBroken(naive)).toContain('a batch of nothing but ignored pixels has value 0 and no gradient');
  });

  it('is told that it takes logits for probabilities', () => {
    const naive = broken('reads-probabilities', ({ logits, target }) =>
      tf.sub(1, tf.mean(tf.sum(tf.mul(target, tf.clipByValue(logits, 0, 1)), -1))),
    );
    expect(rulesBroken(naive)).toContain('logits are not taken for probabilities');
  });

  it('is told that it throws', () => {
    const results = checkLoss(broken('thrower', () => { throw new Error('no'); }), { modes: ['binary'] }); // prettier-ignore
    expect(results[0]?.failures).toEqual(['threw: no']);
  });
});
