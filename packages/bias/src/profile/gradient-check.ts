import { randomNumbers } from '@segloss/common';
import { tensor4d } from '@tensorflow/tfjs-core';

import { type Meter } from './meter.js';
import { disc } from './scene.js';

const SIDE = 12;
const WHERE = 'gradient';

/** Compares the gradient with finite differences at random predictions, and notes where they disagree. */
export async function checkGradient(meter: Meter): Promise<void> {
  const labels = tensor4d(disc(SIDE, 30), [1, SIDE, SIDE, 1], 'int32');
  const random = randomNumbers(11);
  const vector = (scale: number) =>
    Float32Array.from({ length: SIDE * SIDE }, () => scale * (2 * random() - 1));
  const at = (z: Float32Array) => meter.read(WHERE, labels, z);
  const alongs = { 'the gradient': () => vector(1), 'a shift of all pixels': () => vector(1).fill(1), 'a random direction': () => vector(1) }; // prettier-ignore
  const wrong = new Map<string, string[]>(Object.keys(alongs).map((name) => [name, []]));
  try {
    let moves = 0;
    let pushes = 0;
    for (let place = 0; place < PLACES; place++) {
      const z = vector(2.5);
      const { value, gradient } = await at(z);
      if (gradient === undefined || !Number.isFinite(value) || !gradient.every(Number.isFinite)) return;
      const length = Math.hypot(...gradient);
      pushes = Math.max(pushes, length);
      for (const [name, make] of Object.entries(alongs)) {
        const direction = name === 'the gradient' && length > 0 ? gradient : make();
        const norm = Math.hypot(...direction);
        const step = (size: number) => at(z.map((each, i) => each + (size * direction[i]!) / norm));
        const difference = ((await step(STEP)).value - (await step(-STEP)).value) / (2 * STEP);
        const slope = gradient.reduce((sum, g, i) => sum + (g * direction[i]!) / norm, 0);
        const rounding = (4e-7 * Math.max(1, Math.abs(value))) / STEP;
        moves = Math.max(moves, Math.abs(difference) - rounding);
        if (!(Math.abs(slope - difference) <= TOLERANCE * length + rounding)) {
          wrong
            .get(name)!
            .push(`${slope.toPrecision(3)} where finite differences say ${difference.toPrecision(3)}`);
        }
      }
    }
    if (pushes === 0 && moves > 0) {
      meter.findings.add('no-gradient', WHERE, 'the gradient is 0 at predictions where the value moves');
      return;
    }
    for (const [name, failures] of wrong) {
      // A kink or a jump is met by chance, an error everywhere.
      if (2 * failures.length <= PLACES) continue;
      const message = `the derivative along ${name} is ${failures[0]!}, and at ${failures.length} of ${PLACES} places it is wrong`;
      meter.findings.add('wrong-gradient', WHERE, message);
    }
  } finally {
    labels.dispose();
  }
}

const PLACES = 5;
/** Length of a step in logits, over all pixels together. */
const STEP = 0.05;
/** Of the length of the gradient: losses with kinks differ a little. */
const TOLERANCE = 0.2;
