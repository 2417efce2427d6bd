import { describe, expect, it } from '@jest/globals';
import {
  compound,
  crossEntropy,
  dice,
  forLayers,
  geometric,
  linear,
  lossPresets,
  lossRegistry,
  LossSpecError,
  marginalL1,
  parseLoss,
  term,
  type LossName,
  type LossSpec,
} from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';

const labels = () => tf.tensor3d([[[0, 0, 1], [1, 2, 0]]], [1, 2, 3], 'int32'); // prettier-ignore
const logits = () =>
  tf.tensor4d(
    Array.from({ length: 18 }, (_, i) => Math.sin(7 * i)),
    [1, 2, 3, 3],
  );
const all = 'all losses: `segloss losses`, or lossNames() in code';

describe('parseLoss', () => {
  it.each([
    ['ce', 'ce'],
    [' ce+l1 ', 'ce + l1'],
    ['0.5*ce + 2e-1*l1(temperature=10)', '0.5*ce + 0.2*l1(temperature=10)'],
    ['log-dice(smooth=0,absentClass=zero)', 'log-dice(smooth=0,absentClass=zero)'],
    ['ce(classWeights=[1, 2.5,3])', 'ce(classWeights=[1,2.5,3])'],
    ['dice(squared=true)', 'dice(squared=true)'],
    ['dice(mode=multilabel,ignoreIndex=7)', 'dice(mode=multilabel,ignoreIndex=7)'],
    [
      'ce + geometric(start=0.1,factor=5,every=20,max=2)*kl',
      'ce + geometric(start=0.1,factor=5,every=20,max=2)*kl',
    ],
    ['dice(smooth=1)', 'dice'],
    ['-1*dice-bias', '-1*dice-bias'],
  ])('reads %j and writes %j', (spec, canonical) => {
    expect(parseLoss(spec).spec).toBe(canonical);
    expect(parseLoss(canonical).spec).toBe(canonical);
  });

  it.each([
    ['', 'wanted a loss, got nothing', 0],
    ['ce+l3', `unknown loss "l3" (did you mean "l1" or "l2"?); ${all}`, 3],
    ['ce + Dise', 'unknown loss "Dise" (did you mean "dice"', 5],
    ['cross-entorpy', 'unknown loss "cross-entorpy" (did you mean "cross-entropy"?)', 0],
    ['dice-c', 'unknown loss "dice-c" (did you mean "dice-ce", "dice" or "dice-bce"?)', 0],
    ['zzzzzz', `unknown loss "zzzzzz"; ${all}`, 0],
    ['dice(smoth=1)', 'dice: unknown option "smoth" (did you mean "smooth"?); known options: ', 0],
    ['dice(aggregation=perimage)', 'got "perimage" (did you mean "perImage"?)', 0],
    ['dice(preset=monia)', 'got "monia" (did you mean "monai"?)', 0],
    ['dice(__proto__=1)', 'dice: unknown option "__proto__"; known options: ', 0],
    ['dice(smooth=-1)', 'dice: wanted smooth to be a number of at least 0, got -1', 0],
    ['dice(smooth=1,smooth=2)', 'option "smooth" stands twice', 14],
    ['dice(smooth)', 'wanted "=" after the option "smooth"', 11],
    ['dice(smooth=1', 'wanted "," or ")" after the option', 13],
    ['0.5 ce', 'wanted "*" and a loss after the weight 0.5', 4],
    ['ce l1', 'wanted "+" or the end, got "l1"', 3],
    [
      'ce + geometric(step=3)*l1',
      'geometric: unknown option "step"; known options: start, factor, every, max',
      5,
    ],
  ])('rejects %j', (spec, reason, at) => {
    let error: unknown;
    try {
      parseLoss(spec);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(LossSpecError);
    const { message } = error as LossSpecError;
    expect(message).toContain(`loss spec ${JSON.stringify(spec)} at ${at}: `);
    expect(message).toContain(reason);
  });

  it.each([...lossRegistry().values()].map((factory) => factory.definition))(
    'knows $name by the name of its function in dashes, and by its aliases',
    ({ name, fullName = name, aliases = [] }) => {
      for (const alias of [fullName, ...aliases]) expect(parseLoss(alias).spec).toBe(name);
    },
  );

  it.each([
    ['losses', `ce${' + ce'.repeat(20_000)}`, 'wanted at most 10000 characters'],
    ['nested lists', `ce(classWeights=${'['.repeat(2_000)}`, 'wanted at most 4 lists in each other'],
  ])('refuses thousands of %s in a short message', (_, spec, reason) => {
    expect(() => parseLoss(spec)).toThrow(reason);
    expect(() => parseLoss(spec)).toThrow(/^.{1,400}$/);
  });

  it('completes known names and accepts any other text', () => {
    const names: LossName[] = ['ce', 'l1', 'generalized-dice'];
    const specs: LossSpec[] = [...names, 'dice-ce', 'ce + 0.5*l1'];
    // @ts-expect-error -- no loss has this name
    const wrong: LossName = 'dise';
    expect(() => specs.map((spec) => parseLoss(spec))).not.toThrow();
    expect(() => parseLoss(wrong)).toThrow(LossSpecError);
  });

  it('equals the losses built in code, at every epoch', () => {
    const alpha = { start: 0.1, factor: 5, every: 2, max: 2 };
    const built = compound(
      crossEntropy(),
      term(marginalL1({ temperature: 10 }), { weight: geometric(alpha) }),
    );
    const read = parseLoss('ce + alpha*l1(temperature=10)', { weights: { alpha: geometric(alpha) } });
    const values = [0, 1, 2, 5].map((epoch) => built(labels(), logits(), { epoch }).dataSync()[0]);
    expect(new Set(values).size).toBe(3);
    expect([0, 1, 2, 5].map((epoch) => read(labels(), logits(), { epoch }).dataSync()[0])).toEqual(values);
  });

  it('takes a loss from outside by the name it is given', () => {
    expect(parseLoss('ce + 0.5*mine', { losses: { mine: dice({ smooth: 0 }) } }).spec).toBe(
      'ce + 0.5*dice(smooth=0)',
    );
    expect(parseLoss('mine(smooth=3)', { losses: { mine: dice } }).spec).toBe('dice(smooth=3)');
  });

  it.each(Object.keys(lossPresets()))('knows the name %s of the paper’s code', (name) => {
    expect(Number.isFinite(parseLoss(name)(labels(), logits()).dataSync()[0])).toBe(true);
  });
});

describe('compound', () => {
  it('gives every term unweighted and the weighted total', () => {
    const { total, terms } = compound(crossEntropy(), term(dice(), { weight: 0.25 })).evaluate(
      labels(),
      logits(),
    );
    const [ce, overlap] = [terms.ce!.dataSync()[0]!, terms.dice!.dataSync()[0]!];
    expect(ce).toBeCloseTo(crossEntropy()(labels(), logits()).dataSync()[0]!, 6);
    expect(total.dataSync()[0]).toBeCloseTo(ce + 0.25 * overlap, 6);
  });

  it('flattens a compound, multiplies weights and keeps names apart', () => {
    const inner = compound(crossEntropy(), term(dice(), { weight: 0.5 }));
    const outer = compound(term(inner, { weight: 2 }), dice({ smooth: 0 }));
    expect(outer.spec).toBe('2*ce + dice + dice(smooth=0)');
    expect(outer.terms.map(({ name }) => name)).toEqual(['ce', 'dice', 'dice_2']);
  });

  it('says what is no loss', () => {
    expect(() => compound(crossEntropy as never)).toThrow('call the factory, as in crossEntropy()');
    expect(() => compound()).toThrow('compound: wanted at least one loss, got none');
    expect(() => term(dice(), { weight: NaN })).toThrow(
      'term: wanted weight to be a finite number or a schedule, got NaN',
    );
  });

  it('names a schedule that gives no number', () => {
    const loss = compound(term(dice(), { weight: () => NaN }));
    expect(() => loss(labels(), logits(), { epoch: 3 })).toThrow(
      'wanted a finite weight at epoch 3, got NaN',
    );
  });
});

describe('schedules', () => {
  it('keep the cap of the reference from the first step on, also for factors below 1', () => {
    expect([0, 4, 5, 10].map(geometric({ start: 300, factor: 0.5, every: 5, max: 100 }))).toEqual([
      300, 300, 100, 50,
    ]);
  });

  it('refuse what they do not know', () => {
    expect(() => linear({ until: 3 } as never)).toThrow(
      'linear: unknown option "until"; known options: from, to, epochs',
    );
    expect(() => geometric({ start: NaN })).toThrow(
      'geometric: wanted start to be a number of at least 0, got NaN',
    );
  });
});

describe('inputs', () => {
  it.each<[string, () => unknown, string]>([
    ['int logits', () => dice()(labels(), tf.cast(logits(), 'int32')), 'wanted float32 logits, got int32'],
    ['swapped arguments', () => dice()(logits(), labels()), 'the order is (labels, logits)'],
    ['no tensor', () => dice()([0, 1] as never, logits()), 'wanted labels to be a tensor, got object'],
    [
      'channels first',
      () => dice()(labels(), tf.zeros([1, 3, 2, 3])),
      'wanted labels [1,3,2] (class indices) or [1,3,2,3] for logits [1,3,2,3], got [1,2,3]',
    ],
    [
      'labels too large',
      () => dice()(tf.fill([1, 2, 3], 3), logits()),
      'wanted class indices from 0 to 2 (ignoreIndex 255), got 3',
    ],
    [
      'a 0/255 mask',
      () => dice({ ignoreIndex: -1 })(tf.fill([1, 4], 255), tf.zeros([1, 4, 1])),
      'divide 0/255 masks by 255',
    ],
    [
      'one channel as multiclass',
      () => dice({ mode: 'multiclass' })(tf.zeros([1, 4]), tf.zeros([1, 4, 1])),
      "use mode 'binary'",
    ],
    [
      'indices as multilabel',
      () => dice({ mode: 'multilabel' })(labels(), logits()),
      'wanted labels [1,2,3,3], a 0 or 1 for each channel',
    ],
    [
      'a mask of another shape',
      () => dice()(labels(), logits(), { mask: tf.ones([1, 6]) }),
      'wanted a mask [1,2,3] or [1,2,3,1]',
    ],
    [
      'too few class weights',
      () => crossEntropy({ classWeights: [1, 2] })(labels(), logits()),
      'wanted 3 classWeights, one for each class, got 2: [1,2]',
    ],
    [
      'an unknown mode',
      () => dice({ mode: 'softmax' as never }),
      'wanted mode to be "binary" | "multiclass" | "multilabel", got "softmax"',
    ],
  ])('are refused with the remedy: %s', (_, call, message) => {
    expect(call).toThrow(message);
  });

  it('are the same as indices, as indices with an axis, and as probabilities', () => {
    const value = (given: tf.Tensor) => parseLoss('ce + dice + kl')(given, logits()).dataSync()[0];
    expect(value(tf.reshape(labels(), [1, 2, 3, 1]))).toBe(value(labels()));
    expect(value(tf.oneHot(labels(), 3))).toBe(value(labels()));
    expect(value(tf.cast(labels(), 'float32'))).toBe(value(labels()));
  });

  it('have any number of spatial axes', () => {
    const flat = dice()(tf.reshape(labels(), [1, 6]), tf.reshape(logits(), [1, 6, 3])).dataSync()[0];
    const cube = dice()(
      tf.reshape(labels(), [1, 1, 2, 3]),
      tf.reshape(logits(), [1, 1, 2, 3, 3]),
    ).dataSync()[0];
    expect(flat).toBe(dice()(labels(), logits()).dataSync()[0]);
    expect(cube).toBe(flat);
  });
});

describe('forLayers', () => {
  it('trains a LayersModel', async () => {
    const { layers, sequential, train } = await import('@tensorflow/tfjs-layers').then(async (module) => ({
      ...module,
      train: (await import('@tensorflow/tfjs-core')).train,
    }));
    const model = sequential({
      layers: [layers.conv2d({ filters: 3, kernelSize: 1, inputShape: [2, 3, 1] })],
    });
    const loss = forLayers(parseLoss('ce + linear(from=0,to=1,epochs=2)*l1'));
    model.compile({ optimizer: train.adam(0.1), loss });
    const images = tf.reshape(tf.cast(labels(), 'float32'), [1, 2, 3, 1]);
    const history = await model.fit(images, tf.oneHot(labels(), 3), {
      epochs: 12,
      verbose: 0,
      callbacks: loss.callbacks,
    });
    const losses = history.history.loss as number[];
    expect(losses[11]!).toBeLessThan(losses[2]!);
  });
});

describe('large inputs', () => {
  it('are summed without the drift of a running float32 sum', () => {
    const pixels = 2 ** 20;
    const z = tf.fill([1, pixels, 1], -3) as tf.Tensor3D;
    const p = 1 / (1 + Math.exp(3));
    const value = marginalL1()(tf.zeros([1, pixels], 'int32'), z).dataSync()[0]!;
    expect(Math.abs(value - p) / p).toBeLessThan(1e-6);
  });
});
