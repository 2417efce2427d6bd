import { describe, expect, it } from '@jest/globals';
import {
  compound,
  crossEntropy,
  dice,
  gradientSurgery,
  marginalL1,
  parseLoss,
  perComponent,
} from '@segloss/losses';
import { describeEachBackend } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { images, type PlainImage } from './reference-values';

// Components, Voronoi regions and losses once more, by brute force in float64.

const batch = () => ({
  labels: tf.tensor(images.flatMap(({ labels }) => labels), [2, 4, 5], 'int32'), // prettier-ignore
  logits: tf.tensor(images.flatMap(({ logits }) => logits.flat()), [2, 4, 5, 3]), // prettier-ignore
});

/** Component of each pixel of a class from 1 on, by filling from pixel to pixel. */
function componentsOf({ labels, columns }: PlainImage, k: number, diagonal: boolean): number[] {
  const found = labels.map(() => 0);
  const near = (i: number, j: number) => {
    const [dy, dx] = [
      Math.abs(Math.floor(i / columns) - Math.floor(j / columns)),
      Math.abs((i % columns) - (j % columns)),
    ];
    return diagonal ? Math.max(dy, dx) === 1 : dy + dx === 1;
  };
  let count = 0;
  labels.forEach((label, start) => {
    if (label !== k || found[start]) return;
    const open = [start];
    found[start] = ++count;
    for (let i = open.pop(); i !== undefined; i = open.pop()) {
      labels.forEach((other, j) => {
        if (other !== k || found[j] || !near(i, j)) return;
        found[j] = count;
        open.push(j);
      });
    }
  });
  return found;
}

/** The nearest component of each pixel, the lowest of those that are equally near. */
function nearest(components: readonly number[], columns: number): number[] {
  return components.map((_, i) => {
    let [best, label] = [Infinity, 0];
    components.forEach((component, j) => {
      if (component === 0) return;
      const distance =
        (Math.floor(i / columns) - Math.floor(j / columns)) ** 2 + ((i % columns) - (j % columns)) ** 2;
      if (distance < best || (distance === best && component < label)) [best, label] = [distance, component];
    });
    return label;
  });
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Dice and binary cross-entropy of the chosen pixels. */
function diceAndCe(
  image: PlainImage,
  k: number,
  pixels: readonly number[],
  isOwn: (i: number) => boolean,
): number {
  const p = pixels.map((i) => image.p[i]![k]!);
  const y = pixels.map((i) => Number(isOwn(i)));
  const over = (f: (i: number) => number) => p.reduce((sum, _, i) => sum + f(i), 0);
  const score = (2 * over((i) => p[i]! * y[i]!) + 1) / (over((i) => p[i]! + y[i]!) + 1);
  return 1 - score + mean(p.map((x, i) => -Math.log(y[i] ? x : 1 - x)));
}

/** The mean over images, classes with components, and components. */
function expectedValue(region: 'voronoi' | 'blob', diagonal: boolean): number {
  const costs = images.map((image) => {
    const classes = [1, 2].map((k) => ({ k, components: componentsOf(image, k, diagonal) }));
    const present = classes.filter(({ components }) => Math.max(...components) > 0);
    return mean(
      present.map(({ k, components }) => {
        const cell = nearest(components, image.columns);
        const each = Array.from({ length: Math.max(...components) }, (_, c) => c + 1);
        return mean(
          each.map((c) => {
            const isIn = (_: number, i: number) => region === 'voronoi' ? cell[i] === c : [0, c].includes(components[i]!); // prettier-ignore
            const pixels = [...components.keys()].filter((i) => isIn(0, i));
            return diceAndCe(image, k, pixels, (i) => components[i] === c);
          }),
        );
      }),
    );
  });
  return mean(costs);
}

describeEachBackend('perComponent', () => {
  it.each([
    ['voronoi', 'full'],
    ['voronoi', 'face'],
    ['blob', 'full'],
  ] as const)('is the mean over components of the loss of each: %s, %s', (region, connectivity) => {
    const { labels, logits } = batch();
    const loss = perComponent(compound(dice(), crossEntropy()), {
      region,
      connectivity,
      absentClass: 'skip',
    });
    const wanted = expectedValue(region, connectivity === 'full');
    expect(Math.abs(loss(labels, logits).dataSync()[0]! - wanted)).toBeLessThan(1e-5);
  });

  it.each(['boundary', 'perimeter', 'cldice', 'hausdorff-dt', 'ce'])(
    'sees only the pixels of a region, in place: %s',
    (spec) => {
      const mask = [1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1].concat(
        Array<number>(9).fill(0),
      ); // 5 x 6
      const labels = tf.tensor(mask, [1, 5, 6], 'int32');
      const logits = tf.tensor(mask.map((y, i) => 2 * Math.sin(5 * i) + y), [1, 5, 6, 1]); // prettier-ignore
      const image = { rows: 5, columns: 6, labels: mask, logits: [], p: [] };
      const components = componentsOf(image, 1, true);
      const cells = nearest(components, 6);
      const inner = parseLoss(spec);
      const values = [...new Set(components)].filter(Boolean).map((c) => {
        const inCell = tf.tensor(cells.map((cell) => Number(cell === c)), [1, 5, 6]); // prettier-ignore
        return inner(labels, logits, { mask: inCell }).dataSync()[0]!;
      });
      expect(values.length).toBeGreaterThan(1);
      expect(Math.abs(perComponent(inner)(labels, logits).dataSync()[0]! - mean(values))).toBeLessThan(1e-5);
    },
  );

  it('counts an image without components as one region, or not at all', () => {
    const labels = tf.zeros([1, 2, 3], 'int32');
    const logits = tf.tensor([1, -2, 0.5, 3, -1, 0], [1, 2, 3, 1]);
    const whole = perComponent(crossEntropy())(labels, logits).dataSync()[0];
    expect(whole).toBeCloseTo(crossEntropy()(labels, logits).dataSync()[0]!, 6);
    expect(perComponent(crossEntropy(), { absentClass: 'skip' })(labels, logits).dataSync()[0]).toBe(0);
  });

  it('works in volumes, and with one class against the rest as with one channel', () => {
    const labels = tf.tensor([1, 0, 0, 0, 0, 0, 0, 1], [1, 2, 2, 2], 'int32');
    const logits = tf.tensor(Array.from({ length: 8 }, (_, i) => Math.cos(3 * i)), [1, 2, 2, 2, 1]); // prettier-ignore
    const loss = perComponent(dice(), { connectivity: 'face' });
    const binary = loss(labels, logits).dataSync()[0]!;
    const pair = tf.concat([tf.zerosLike(logits), logits], -1);
    expect(loss(labels, pair).dataSync()[0]).toBeCloseTo(binary, 6);
    const single = Math.abs(binary - dice()(labels, logits).dataSync()[0]!);
    expect(single).toBeGreaterThan(0.01); // two components in place of one
  });

  it('follows schedules within', () => {
    const { labels, logits } = batch();
    const loss = parseLoss('per-component(linear(from=0,to=1,epochs=2)*dice)');
    const [first, last] = [0, 2].map((epoch) => loss(labels, logits, { epoch }).dataSync()[0]);
    expect(first).toBe(0);
    expect(last).toBeCloseTo(perComponent(dice())(labels, logits).dataSync()[0]!, 6);
  });
});

describeEachBackend('gradientSurgery', () => {
  const spec = 'ce + kl(target=[0.05,0.05,0.9]) + l1(target=[0.9,0.05,0.05])';
  const gradientOf = (text: string, labels: tf.Tensor) => {
    const loss = parseLoss(text);
    return Array.from(
      tf
        .grad((z: tf.Tensor) => loss(labels, z))(batch().logits)
        .dataSync(),
    );
  };
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const add = (lists: readonly number[][]) =>
    lists[0]!.map((_, i) => lists.reduce((sum, list) => sum + list[i]!, 0));

  /** PCGrad in plain loops. */
  function withoutConflicts(gradients: readonly number[][]): { total: number[]; conflicts: number } {
    let conflicts = 0;
    const each = gradients.map((own, i) => {
      let g = own;
      gradients.forEach((other, j) => {
        const product = dot(g, other);
        if (i === j || product >= 0) return;
        conflicts++;
        g = g.map((x, n) => x - (product / dot(other, other)) * other[n]!);
      });
      return g;
    });
    return { total: add(each), conflicts };
  }

  const parts = (labels: tf.Tensor) => spec.split(' + ').map((term) => gradientOf(term, labels));

  it('keeps the value and takes the conflicts out of the gradient', () => {
    const { labels, logits } = batch();
    const value = parseLoss(`gradient-surgery(${spec})`)(labels, logits).dataSync()[0]!;
    expect(value).toBeCloseTo(parseLoss(spec)(labels, logits).dataSync()[0]!, 6);
    const { total, conflicts } = withoutConflicts(parts(labels));
    expect(conflicts).toBeGreaterThan(0);
    const actual = gradientOf(`gradient-surgery(${spec})`, labels);
    const scale = Math.max(...total.map(Math.abs));
    expect(Math.max(...total.map((g, i) => Math.abs(g - actual[i]!))) / scale).toBeLessThan(1e-4);
  });

  it('of the marginal forces changes each class and image by a shift', () => {
    const { labels } = batch();
    const size = 20;
    const forceOf = (g: readonly number[]) =>
      Array.from({ length: 6 }, (_, bk) => {
        const [b, k] = [Math.floor(bk / 3), bk % 3];
        return Array.from({ length: size }, (__, i) => g[(b * size + i) * 3 + k]!).reduce((x, y) => x + y, 0);
      });
    const gradients = parts(labels);
    const { total: force, conflicts } = withoutConflicts(gradients.map(forceOf));
    expect(conflicts).toBeGreaterThan(0);
    const plain = add(gradients);
    const change = forceOf(plain).map((f, bk) => (force[bk]! - f) / size);
    const wanted = plain.map((g, n) => g + change[Math.floor(n / (3 * size)) * 3 + (n % 3)]!);
    const actual = gradientOf(`gradient-surgery(${spec},conflict=marginal-force)`, labels);
    const scale = Math.max(...wanted.map(Math.abs));
    expect(Math.max(...wanted.map((g, i) => Math.abs(g - actual[i]!))) / scale).toBeLessThan(1e-4);
  });

  it('changes nothing without a conflict, and gives ignored pixels no gradient', () => {
    const { labels } = batch();
    const some = tf.where(tf.equal(labels, 2), tf.fill(labels.shape, 255, 'int32'), labels);
    const same = 'ce + 2*ce(labelSmoothing=0.01)';
    const [plain, changed] = [same, `gradient-surgery(${same},aggregation=perImage)`].map((text) =>
      gradientOf(text, some),
    );
    plain!.forEach((g, i) => expect(Math.abs(g - changed![i]!)).toBeLessThan(1e-6));
    const ignored = Array.from(some.dataSync()).flatMap((label) => Array<boolean>(3).fill(label === 255));
    for (const conflict of ['gradient', 'marginal-force']) {
      const gradient = gradientOf(`gradient-surgery(${spec},conflict=${conflict})`, some);
      expect(gradient.filter((g, i) => ignored[i] && g !== 0)).toEqual([]);
    }
  });

  it('leaves no tensor behind', () => {
    const { labels, logits } = batch();
    const loss = parseLoss('gradient-surgery(per-component(dice) + l1)');
    const before = tf.memory().numTensors;
    const { value, grad } = tf.valueAndGrad((z: tf.Tensor) => loss(labels, z))(logits);
    value.dispose();
    grad.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('specs of wrappers', () => {
  it.each([
    ['per-component(dice+ce)', 'per-component(dice + ce)'],
    ['0.5*per-component( dice , region = blob ) + ce', '0.5*per-component(dice,region=blob) + ce'],
    ['per-component(dice(smooth=0),region=voronoi)', 'per-component(dice(smooth=0))'],
    ['gradient-surgery(ce + 0.5*l1(temperature=10))', 'gradient-surgery(ce + 0.5*l1(temperature=10))'],
    ['gradient-surgery(ce + per-component(dice))', 'gradient-surgery(ce + per-component(dice))'],
    ['per-component(dice-ce)', 'per-component(dice + ce)'],
    ['ce + batch-dice', 'ce + dice(aggregation=perBatch)'],
  ])('reads %j and writes %j', (spec, canonical) => {
    expect(parseLoss(spec).spec).toBe(canonical);
    expect(parseLoss(canonical).spec).toBe(canonical);
  });

  it.each([
    ['per-component', 'at 13: wanted "(" and a loss after per-component, as in per-component(dice + ce)'],
    ['per-component()', 'at 14: wanted a loss, got ")"'],
    ['per-component(dice', 'at 18: wanted "+", "," or ")" after the loss, got nothing'],
    ['per-component(dice,regions=blob)', 'unknown option "regions" (did you mean "region"?)'],
    ['per-component(dice,region=blobs)', 'got "blobs" (did you mean "blob"?)'],
    ['per-component(dice,others=zero)', "wanted others 'ignored' with region 'voronoi', got zero"],
    ['per-component(dice(mode=binary)+ce)', 'wanted terms with the same mode and ignoreIndex'],
    ['gradient-surgery(dice)', 'wanted two terms or more, got dice; join them with +'],
    ['per-componet(dice)', 'did you mean "per-component"?'],
    ['ce + dice-ce(smooth=1)', '"dice-ce" has its options fixed already'],
  ])('rejects %j', (spec, reason) => {
    expect(() => parseLoss(spec)).toThrow(reason);
  });

  it.each([
    [
      () => perComponent(dice as never),
      /^per-component: wanted a loss, got function; call the factory, as in dice\(\)$/,
    ],
    [() => perComponent(3 as never), /^per-component: wanted a loss, got number$/],
    [() => gradientSurgery(undefined as never), /^gradient-surgery: wanted a loss, got undefined$/],
    [
      () => gradientSurgery(compound(dice(), marginalL1()), { conflicts: 1 } as never),
      /unknown option "conflicts"/,
    ],
  ])('refuses what is not a loss (%#)', (make, message) => {
    expect(make).toThrow(message);
  });

  it('takes the mode and the ignored label of its terms', () => {
    const labels = tf.tensor([0, 1, 7, 1], [1, 1, 4], 'int32');
    const logits = tf.tensor([0.3, 1, -4, 2], [1, 1, 4, 1]);
    const value = parseLoss('per-component(ce(ignoreIndex=7))')(labels, logits).dataSync()[0];
    expect(value).toBeCloseTo(
      perComponent(crossEntropy())(labels, logits, { ignoreIndex: 7 }).dataSync()[0]!,
      6,
    );
  });
});
