import { memory, tidy, valueAndGrad, type Tensor } from '@tensorflow/tfjs-core';

import { DEFAULT_IGNORE_INDEX as IGNORED } from '../inputs/ignored.js';
import { type Mode } from '../types.js';
import { type Bench, type CheckLossOptions, type Example } from './bench.js';

/** One rule of the contract. */
export interface Rule {
  readonly rule: string;
  applies?(options: CheckLossOptions, mode: Mode): boolean;
  check(bench: Bench): void;
}

/** The contract. */
export const RULES: readonly Rule[] = [
  {
    rule: 'value and gradient are finite for every finite input',
    check(bench) {
      const inputs: [string, Parameters<Bench['example']>[0]][] = [
        ['logits of ±1e4', { scale: 1e4 }],
        ['logits of 0', { scale: 0 }],
        ['one pixel', { images: 1, pixels: 1 }],
        ['only background', { label: 0 }],
        ['only foreground', { label: 1 }],
        ['only foreground, logits of ±1e4', { label: 1, scale: 1e4 }],
      ];
      for (const [what, shape] of inputs) bench.finite(what, bench.run(bench.example(shape)));
      for (const size of [20, 1000]) {
        const example = bench.example();
        bench.finite(
          `a perfect prediction of ±${size}`,
          bench.run({ ...example, logits: perfectLogits(bench, example, size) }),
        );
      }
    },
  },
  {
    rule: 'a batch of nothing but ignored pixels has value 0 and no gradient',
    check(bench) {
      const { value, gradient } = bench.run(bench.example({ label: IGNORED }));
      if (value !== 0) bench.fail(`the value is ${value}`);
      if (gradient.some((g) => g !== 0)) bench.fail('the gradient is not 0');
    },
  },
  {
    rule: 'the gradient agrees with finite differences',
    check(bench) {
      const length = checkGradient(bench, 'random logits', bench.example({ scale: 1.5 }));
      if (length === 0) bench.fail('the gradient is 0 on a random example');
    },
  },
  {
    rule: 'a batch of one image, also what remains after larger batches, has the right gradient',
    check(bench) {
      bench.run(bench.example({ images: 3, pixels: 8 }));
      checkGradient(bench, 'one image', bench.example({ images: 1, pixels: 8, scale: 1.5 }));
    },
  },
  {
    rule: 'the gradient is right in one, two and three dimensions',
    applies: ({ spatial = false }) => spatial,
    check(bench) {
      for (const space of [[9], [3, 4], [2, 3, 2]]) {
        checkGradient(bench, `spatial axes [${space}]`, bench.example({ images: 1, space, scale: 1.5 }));
      }
    },
  },
  {
    rule: 'the shape of the image does not matter',
    applies: ({ spatial }) => !spatial,
    check(bench) {
      const example = bench.example();
      const wanted = bench.run(example);
      for (const space of [[12], [3, 4], [2, 3, 2]]) {
        bench.same(`spatial axes [${space}]`, bench.run({ ...example, space }), wanted);
      }
    },
  },
  {
    rule: 'logits are not taken for probabilities',
    check(bench) {
      const example = bench.example();
      const value = (logits: readonly number[]) => bench.value({ ...example, logits });
      const right = perfectLogits(bench, example, 1);
      const oneHot = (sign: number, size: number) => value(right.map((z) => (z * sign > 0 ? size : 0)));
      const large = (sign: number) => value(right.map((z) => 20 * sign * z));
      const same = (x: number, y: number) => Math.abs(x - y) <= 1e-6 * Math.max(1, Math.abs(y));
      const agree = [1, -1].every((sign) => same(oneHot(sign, 1), large(sign)));
      // A loss that sees little more than the mask s > 1/2 does not tell 3/4 from 1 either.
      if (agree && !same(large(1), large(-1)) && !same(oneHot(1, 0.75), oneHot(1, 1))) {
        bench.fail(
          'logits of 0 and 1 have the value of logits of ±20: apply softmax or sigmoid to them first',
        );
      }
    },
  },
  {
    rule: 'logits of ignored pixels are not seen, not even NaN, and get no gradient',
    check(bench) {
      const example = withIgnored(bench, bench.example());
      const ignored = ignoredChannels(bench, example);
      const wanted = bench.run({ ...example, logits: example.logits.map((z, i) => (ignored[i] ? 0 : z)) });
      for (const junk of [3, -1e4, NaN]) {
        const actual = bench.run({
          ...example,
          logits: example.logits.map((z, i) => (ignored[i] ? junk : z)),
        });
        bench.same(`with ${junk} there`, actual, wanted);
        if (actual.gradient.some((g, i) => ignored[i] && g !== 0))
          bench.fail(`gradient at ignored pixels (${junk})`);
      }
    },
  },
  {
    rule: 'ignored pixels count as if they were cut out',
    applies: ({ spatial }) => !spatial,
    check(bench) {
      const example = bench.example({ pixels: 9 });
      const { images, pixels } = example;
      const padded: Example = {
        images,
        pixels: pixels + 2,
        logits: rows(example.logits, images).flatMap((row) => [
          ...row,
          ...bench.numbers(2 * bench.channels, () => 1),
        ]),
        labels: rows(example.labels, images).flatMap((row) => [
          ...row,
          ...bench.numbers(2 * bench.labelled, () => IGNORED),
        ]),
      };
      const { value, gradient } = bench.run(padded);
      const kept = rows(gradient, images).flatMap((row) => row.slice(0, pixels * bench.channels));
      bench.same('with two ignored pixels', { value, gradient: kept }, bench.run(example));
    },
  },
  {
    rule: 'a mask ignores pixels as the ignore label does',
    check(bench) {
      const example = bench.example();
      const mask = bench
        .numbers(example.images * example.pixels, () => 1)
        .map((_, i) => (i % 3 === 0 ? 0 : 1));
      const labels = example.labels.map((y, i) => (mask[Math.floor(i / bench.labelled)] === 0 ? IGNORED : y));
      bench.same('with a mask', bench.run(example, mask), bench.run({ ...example, labels }));
    },
  },
  {
    rule: 'an image without valid pixels is not counted',
    check(bench) {
      const one = bench.example({ images: 1 });
      const junk = bench.example({ images: 1, label: IGNORED });
      const both = {
        ...one,
        images: 2,
        logits: [...one.logits, ...junk.logits],
        labels: [...one.labels, ...junk.labels],
      };
      const { value, gradient } = bench.run(both);
      bench.same(
        'beside such an image',
        { value, gradient: gradient.slice(0, one.logits.length) },
        bench.run(one),
      );
    },
  },
  {
    rule: 'the order of images does not matter',
    check(bench) {
      const example = bench.example();
      const swap = <T>(values: readonly T[]) => rows(values, example.images).reverse().flat();
      const { value, gradient } = bench.run({
        ...example,
        logits: swap(example.logits),
        labels: swap(example.labels),
      });
      bench.same('with images swapped', { value, gradient: swap(gradient) }, bench.run(example));
    },
  },
  {
    rule: 'the order of pixels does not matter',
    applies: ({ spatial }) => !spatial,
    check(bench) {
      const example = bench.example();
      const { images, pixels } = example;
      const reverse = (values: readonly number[]) =>
        rows(values, images).flatMap((row) => rows(row, pixels).reverse().flat());
      const outcome = bench.run({
        ...example,
        logits: reverse(example.logits),
        labels: reverse(example.labels),
      });
      bench.same(
        'with pixels reversed',
        { ...outcome, gradient: reverse(outcome.gradient) },
        bench.run(example),
      );
    },
  },
  {
    rule: 'renaming the classes does not matter',
    applies: ({ classesDiffer }, mode) => !classesDiffer && mode !== 'binary',
    check(bench) {
      const example = bench.example();
      const { images, pixels } = example;
      const flip = (values: readonly number[]) =>
        rows(values, images * pixels).flatMap((row) => [...row].reverse());
      const labels =
        bench.mode === 'multilabel'
          ? flip(example.labels)
          : example.labels.map((y) => bench.channels - 1 - y);
      const outcome = bench.run({ ...example, logits: flip(example.logits), labels });
      bench.same(
        'with classes reversed',
        { ...outcome, gradient: flip(outcome.gradient) },
        bench.run(example),
      );
    },
  },
  {
    rule: 'no tensor is left behind',
    check(bench) {
      const example = bench.example();
      const leaked = tidy(() => {
        const { labels, call } = bench.inputs(example);
        const logits = bench.logits(example);
        const before = memory().numTensors;
        bench.loss(labels, logits, call).dispose();
        const forward = memory().numTensors - before;
        const { value, grad } = valueAndGrad((z: Tensor) => bench.loss(labels, z, call))(logits);
        value.dispose();
        grad.dispose();
        return [forward, memory().numTensors - before - forward];
      });
      if (leaked[0] !== 0) bench.fail(`${leaked[0]} tensors after a call`);
      if (leaked[1] !== 0) bench.fail(`${leaked[1]} tensors after a gradient`);
    },
  },
];

/** Steps of the finite differences; a loss with kinks needs a small one somewhere, float32 a large one elsewhere. */
const STEPS = [2 ** -5, 2 ** -7, 2 ** -9];

/** Compares directional derivatives with finite differences; returns the length of the gradient. */
export function checkGradient(bench: Bench, what: string, random: Example): number {
  const wrong = perfectLogits(bench, random, -5);
  const { errors, jumps = false } = bench.options;
  let example = random;
  if (errors === 'everywhere') example = { ...random, logits: random.logits.map((z, i) => z + wrong[i]!) };
  for (let left = jumps ? 3 : 0; ; left--) {
    const { length, disagreement } = compareDerivatives(bench, example);
    if (disagreement === undefined) return length;
    if (left === 0) {
      bench.fail(`${what}: ${disagreement}`);
      return length;
    }
    example = { ...example, logits: example.logits.map((z) => z + 0.1 * (bench.random() - 0.5)) };
  }
}

function compareDerivatives(bench: Bench, example: Example): { length: number; disagreement?: string } {
  const tolerance = bench.options.gradientTolerance ?? 0.02;
  const { value, gradient } = bench.run(example);
  const length = Math.hypot(...gradient);
  const rounding = 2 ** -21 * Math.max(1, Math.abs(value));
  const randomDirection = () => bench.numbers(gradient.length, () => 2 * bench.random() - 1);
  for (const direction of [...(length > 0 ? [gradient] : []), randomDirection(), randomDirection()]) {
    const unit = direction.map((x) => x / Math.hypot(...direction));
    const at = (step: number) =>
      bench.value({ ...example, logits: example.logits.map((z, i) => z + step * unit[i]!) });
    const slope = gradient.reduce((total, g, i) => total + g * unit[i]!, 0);
    const differences: number[] = [];
    const agrees = STEPS.some((step) => {
      const difference = (at(step) - at(-step)) / (2 * step);
      differences.push(difference);
      return Math.abs(slope - difference) <= tolerance * length + rounding / step;
    });
    if (!agrees) {
      const disagreement = `a directional derivative is ${slope}, finite differences say ${differences.join(', ')}`;
      return { length, disagreement };
    }
  }
  return { length };
}

function rows<T>(values: readonly T[], count: number): T[][] {
  const length = values.length / count;
  return Array.from({ length: count }, (_, i) => values.slice(i * length, (i + 1) * length));
}

function withIgnored(bench: Bench, example: Example): Example {
  const labels = example.labels.map((y, i) => (Math.floor(i / bench.labelled) % 4 === 1 ? IGNORED : y));
  return { ...example, labels };
}

function ignoredChannels(bench: Bench, { labels, logits }: Example): boolean[] {
  return logits.map((_, i) => {
    const pixel = Math.floor(i / bench.channels);
    return labels[bench.labelled === 1 ? pixel : i] === IGNORED;
  });
}

function perfectLogits(bench: Bench, { labels, logits }: Example, size: number): number[] {
  return logits.map((_, i) => {
    const pixel = Math.floor(i / bench.channels);
    const right = bench.mode === 'multiclass' ? labels[pixel] === i % bench.channels : labels[i] === 1;
    return right ? size : -size;
  });
}
