import { describe, expect, it } from '@jest/globals';
import { crossEntropy, deepSupervision, dice, parseLoss } from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';

const number = (x: tf.Tensor) => x.dataSync()[0]!;

describe('deepSupervision', () => {
  const labels = tf.tensor3d([[[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 255, 255], [1, 1, 255, 255]]], [1, 4, 4], 'int32'); // prettier-ignore
  const small = tf.tensor3d([[[0, 1], [1, 255]]], [1, 2, 2], 'int32'); // prettier-ignore
  const outputs = [
    tf.randomNormal([1, 4, 4, 2], 0, 1, 'float32', 1),
    tf.randomNormal([1, 2, 2, 2], 0, 1, 'float32', 2),
  ];

  it('weighs the losses of the outputs, with labels of the nearest pixels', () => {
    const [large, half] = [number(dice()(labels, outputs[0]!)), number(dice()(small, outputs[1]!))];
    expect(number(deepSupervision(dice())(labels, outputs))).toBeCloseTo(large + half / 2, 5);
    expect(number(deepSupervision(dice(), { weights: [0, 2] })(labels, outputs))).toBeCloseTo(2 * half, 5);
    const even = deepSupervision(dice(), { weights: 'equal', normalized: true });
    expect(number(even(labels, outputs))).toBeCloseTo((large + half) / 2, 5);
  });

  it('has the terms of a compound loss with the same weights', () => {
    const loss = deepSupervision(parseLoss('ce + 0.5*dice'), { weights: [3, 1], normalized: true });
    const { total, terms } = loss.evaluate(labels, outputs);
    const both = (one: ReturnType<typeof crossEntropy>) =>
      0.75 * number(one(labels, outputs[0]!)) + 0.25 * number(one(small, outputs[1]!));
    const [ce, region] = [both(crossEntropy()), both(dice())];
    expect(Object.keys(terms)).toEqual(['ce', 'dice']);
    expect(number(terms['ce']!)).toBeCloseTo(ce, 5);
    expect(number(terms['dice']!)).toBeCloseTo(region, 5);
    expect(number(total)).toBeCloseTo(ce + 0.5 * region, 5);
    expect(number(loss(labels, outputs))).toBeCloseTo(ce + 0.5 * region, 5);
  });

  it('has a gradient for every output, and leaves nothing behind', () => {
    const before = tf.memory().numTensors;
    const loss = deepSupervision(crossEntropy());
    const gradients = tf.grads((a, b) => loss(labels, [a!, b!]))(outputs);
    gradients.forEach((gradient) => expect(Math.max(...gradient.dataSync())).toBeGreaterThan(0));
    tf.dispose(gradients);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('resizes masks too, in 3-D', () => {
    const logits = [tf.zeros([1, 2, 2, 2, 2]), tf.zeros([1, 1, 1, 1, 2])];
    const mask = tf.ones([1, 2, 2, 2]);
    const loss = deepSupervision(crossEntropy());
    expect(number(loss(tf.zeros([1, 2, 2, 2], 'int32'), logits, { mask }))).toBeCloseTo(1.5 * Math.log(2), 5);
  });

  it('says what was wanted', () => {
    const loss = deepSupervision(dice(), { weights: [1] });
    expect(() => loss(labels, outputs)).toThrow('wanted 2 weights, one for each output, got 1');
    expect(() => loss(labels, outputs[0] as never)).toThrow('wanted a list of logits');
    expect(() => deepSupervision(dice(), { weights: [-1] })).toThrow(
      'wanted weights of at least 0, got [-1]',
    );
  });
});

describe('presets of other libraries', () => {
  it('are written out in the spec, and options go on top', () => {
    expect(dice({ preset: 'smp' }).spec).toBe(
      'dice(smooth=0,softLabels=semimetric,aggregation=perBatch,absentClass=zero)',
    );
    expect(dice({ preset: 'monai', smooth: 2 }).spec).toBe('dice(smooth=2)');
    expect(parseLoss('ce + dice(smooth=1)', { preset: 'nnunet' }).spec).toBe(
      'ce + dice(includeBackground=false,negativeScore=true)',
    );
  });

  it('that a loss has not are refused with those that it has', () => {
    expect(() => parseLoss('dice(preset=torch)')).toThrow(
      'dice: wanted preset seglossbias | smp | monai | keras | nnunet, got "torch"',
    );
    expect(() => parseLoss('poly', { preset: 'smp' })).toThrow('none: no other library has this loss');
  });

  it('divide by all pixels where the library does', () => {
    const labels = tf.tensor2d([[0, 1, 255, 255]], [1, 4], 'int32');
    const value = (spec: string) => number(parseLoss(spec)(labels, tf.zeros([1, 4, 2])));
    expect(value('ce(preset=smp)')).toBeCloseTo(Math.log(2) / 2, 5);
    expect(value('ce(preset=torch)')).toBeCloseTo(Math.log(2), 5);
  });
});
