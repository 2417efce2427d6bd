import { beforeAll, describe, expect, it } from '@jest/globals';
import { marginalForce, penaltyCurve } from '@segloss/bias';
import { defineLoss, parseLoss, type Loss } from '@segloss/losses';
import { maxError, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';

import { curveOf, uniformValue } from '../src/core/curve.js';
import { evaluateFormula, FormulaError, parseFormula, type Formula } from '../src/core/formula.js';
import { inverseWeights, lightLoss, lightNames, portableSpec } from '../src/core/losses.js';
import { logit, pixelsOf } from '../src/core/pixels.js';
import { readSpec } from '../src/core/spec.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const random = numbers(1);
const z = Float64Array.from({ length: 200 }, () => 8 * random.next() - 5);
const y = Uint8Array.from({ length: 200 }, () => (random.next() < 0.2 ? 1 : 0));
const pixels = pixelsOf(z, y);
const q = y.reduce((sum, one) => sum + one, 0) / y.length;

/** The same loss in the library: value, gradient and marginal force of one binary image. */
function ofLibrary(loss: Loss): { value: number; gradient: Float32Array; force: number } {
  const labels = tf.tensor2d(Array.from(y), [1, y.length], 'int32');
  const logits = tf.tensor3d(Array.from(z), [1, z.length, 1]);
  return {
    value: loss(labels, logits).dataSync()[0]!,
    gradient: tf
      .grad((x: tf.Tensor) => loss(labels, x) as tf.Scalar)(logits)
      .dataSync() as Float32Array,
    force: marginalForce(loss, labels, logits).dataSync()[0]!,
  };
}

describe('a light loss equals that of the library', () => {
  const options = ['ce(classWeights=[0.3,2])', 'focal(gamma=3)', 'tversky(alpha=0.3,beta=0.7,smooth=2)', 'dice(smooth=0.5)', 'l1(temperature=10)', 'kl(temperature=3)']; // prettier-ignore
  const sums = ['ce + 0.5*l1(temperature=10)', '0.5*dice + 2*focal'];
  it.each([...lightNames(), ...options, ...sums, 'ce(classWeights=inverse)'])(
    '%s: value, gradient, force',
    (spec) => {
      const light = lightLoss(spec, q)!;
      const { value, gradient, force } = ofLibrary(parseLoss(portableSpec(spec, q)));
      expect(light.value(pixels)).toBeCloseTo(value, 5);
      const own = light.gradient(pixels);
      expect(maxError(own, gradient)).toBeLessThan(1e-6);
      expect(own.reduce((sum, one) => sum + one, 0)).toBeCloseTo(force, 5);
    },
  );

  it('of a formula: a loss of the user, as the code of the page defines it', () => {
    const text = '1 - (2*overlap + 1) / (target + predicted + 1) + 0.1*abs(log(predicted/count))^2';
    const loss = defineLoss({
      name: 'own',
      summary: text,
      defaults: {},
      statistics: () => ['overlap', 'predicted', 'target', 'count'],
      compute: (sums) =>
        tf.mean(toTensor(parseFormula(text), sums as unknown as Record<string, tf.Tensor>)) as tf.Scalar,
    })();
    const light = lightLoss(`formula: ${text}`, q)!;
    const { value, gradient } = ofLibrary(loss);
    expect(light.value(pixels)).toBeCloseTo(value, 5);
    expect(maxError(light.gradient(pixels), gradient)).toBeLessThan(1e-6);
  });

  it.each(['ce', 'dice', 'focal', 'l1', 'js', 'ce + l1'])('%s: gradient by finite differences', (spec) => {
    const light = lightLoss(spec, q)!;
    const gradient = light.gradient(pixels);
    for (let i = 0; i < z.length; i += 17) {
      const moved = (by: number) =>
        light.value(
          pixelsOf(
            z.map((one, j) => (i === j ? one + by : one)),
            y,
          ),
        );
      expect(gradient[i]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 6);
    }
  });

  it.each([
    'boundary',
    'ce(labelSmoothing=0.1)',
    'dice(squared=true)',
    'ce + alpha*l1',
    'ce(classWeights=[1])',
    'ce(',
  ])('is undefined for %s, which only the library has or nobody', (spec) => {
    expect(lightLoss(spec, q)).toBeUndefined();
  });
});

function toTensor(formula: Formula, sums: Record<string, tf.Tensor>): tf.Tensor {
  if (formula.kind === 'number') return tf.scalar(formula.value);
  if (formula.kind === 'variable') return sums[formula.name]!;
  if (formula.kind === 'call') return tf[formula.name](toTensor(formula.of, sums));
  const operation = { '+': tf.add, '-': tf.sub, '*': tf.mul, '/': tf.div, '^': tf.pow }[formula.name];
  return operation(toTensor(formula.left, sums), toTensor(formula.right, sums));
}

describe('a curve', () => {
  it.each([
    ['ce', 0.02],
    ['dice', 0],
    ['ce + l1', 0.02],
    ['ce(classWeights=inverse)', 0.5],
    ['tversky(alpha=0.3,beta=0.7)', 0],
    ['dice + 10*l1', 0],
  ])('of %s is least at %d where q = 2 %', (spec, least) => {
    const { minimizer } = curveOf(spec, 0.02)!;
    const p = Array.from({ length: 4001 }, (_, i) => 1 / (1 + Math.exp(9 - (18 * i) / 4000)));
    const { minimizer: ofLibraryGrid } = penaltyCurve(parseLoss(portableSpec(spec, 0.02)), {
      truth: 0.02,
      p: [...p, 0.02].sort((a, b) => a - b),
    });
    expect(Math.abs(minimizer - ofLibraryGrid)).toBeLessThan(2e-3);
    expect(minimizer).toBeCloseTo(least, 6);
  });

  it('has the slope of its penalty at q: 1/(2q) for Dice, 0 for cross-entropy, a kink with L1', () => {
    expect(curveOf('dice', 0.02)!.slope).toBeCloseTo(25, 6);
    expect(curveOf('ce', 0.02)!.slope).toBeCloseTo(0, 12);
    expect(curveOf('ce + l1', 0.02)!.slope).toBeNaN();
  });

  it('of a loss without a closed form equals the whole loss at one constant probability', () => {
    const curve = curveOf('focal', 0.1)!;
    expect(curve.kind).toBe('uniform');
    const p = 0.3;
    const expected = 0.9 * p ** 2 * -Math.log(1 - p) + 0.1 * (1 - p) ** 2 * -Math.log(p);
    expect(uniformValue(lightLoss('focal', 0.1)!, p, 0.1)).toBeCloseTo(expected, 12);
    expect(curve.minimizer).toBeGreaterThan(0.1); // focal overestimates rare regions
  });
});

describe('inverse weights', () => {
  it('give both classes the same sum', () => {
    const [w0, w1] = inverseWeights(0.05);
    expect(w0 * 0.95).toBeCloseTo(w1 * 0.05, 12);
    expect(portableSpec('ce(classWeights=inverse)', 0.25)).toBe('ce(classWeights=[0.666667,2])');
  });
});

describe('a formula', () => {
  const sums = { overlap: 3, predicted: 5, target: 4, count: 100 };
  it.each([
    ['1 - 2*overlap/(target + predicted)', 1 - 6 / 9],
    ['-overlap^2', -9],
    ['2^-1 + 1e1', 10.5],
    ['log(exp(sqrt(target)))', 2],
    ['abs(overlap - predicted) * count', 200],
    ['10 - 4 - 3', 3],
  ])('%s', (text, value) => {
    expect(evaluateFormula(parseFormula(text), sums).value).toBeCloseTo(value, 12);
  });

  it.each([
    ['1 +', 'got the end'],
    ['overlp', 'unknown name "overlp"'],
    ['constructor(1)', 'unknown name "constructor"'],
    ['(1', 'wanted ")"'],
    ['1 2', 'wanted an operator'],
    ['2^overlap', 'wanted a number as exponent'],
    ['log 1', 'wanted "(" after log'],
    ['('.repeat(100), 'levels'],
    ['1'.repeat(500), 'at most 400'],
    ['alert(1)', 'unknown name "alert"'],
  ])('refuses %s', (text, message) => {
    expect(() => parseFormula(text)).toThrow(FormulaError);
    expect(() => parseFormula(text)).toThrow(message);
  });

  it('has the derivatives of finite differences', () => {
    const formula = parseFormula('exp(-overlap/predicted) + sqrt(predicted)*log(overlap)^3 / count');
    const at = (more: Partial<typeof sums>) => evaluateFormula(formula, { ...sums, ...more });
    const h = 1e-6;
    expect(at({}).byOverlap).toBeCloseTo(
      (at({ overlap: 3 + h }).value - at({ overlap: 3 - h }).value) / (2 * h),
      7,
    );
    expect(at({}).byPredicted).toBeCloseTo(
      (at({ predicted: 5 + h }).value - at({ predicted: 5 - h }).value) / (2 * h),
      7,
    );
  });
});

describe('readSpec', () => {
  it('reads weights, options and lists', () => {
    expect(readSpec('1e-1*ce(classWeights=[1,2]) + l1(temperature=10)')).toEqual([
      { weight: 0.1, name: 'ce', options: { classWeights: [1, 2] } },
      { weight: 1, name: 'l1', options: { temperature: 10 } },
    ]);
    expect(readSpec('1e+2*ce')).toEqual([{ weight: 100, name: 'ce', options: {} }]);
  });
});

it('the logit is the inverse of the sigmoid', () => {
  expect(pixelsOf(Float64Array.of(logit(0.3)), Uint8Array.of(0)).s[0]).toBeCloseTo(0.3, 12);
});
