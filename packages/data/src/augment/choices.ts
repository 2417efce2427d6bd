import { checkProbability } from './ranges.js';
import { type ChoiceTransform, type Transform } from './types.js';

/**
 * Does the transforms with a probability, else nothing.
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 1, height: 1, channels: 1, image: Float32Array.of(0.5), mask: new Uint8Array(1) };
 * Array.from(augmentation([sometimes(0, randomGamma())])(sample, { epoch: 0 }).image); // → [0.5]
 * ```
 */
export function sometimes(probability: number, ...transforms: readonly Transform[]): ChoiceTransform {
  checkProbability('sometimes', 'probability', probability);
  return { name: 'sometimes', choose: (random) => (random.uniform() < probability ? transforms : []) };
}

/**
 * Does one of the transforms or lists of transforms, each as likely.
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 2, height: 1, channels: 1, image: new Float32Array(2), mask: Uint8Array.of(1, 2) };
 * const one = augmentation([oneOf(randomFlip({ horizontal: 1 }), [randomFlip({ horizontal: 1 }), randomGamma()])]);
 * Array.from(one(sample, { epoch: 0 }).mask); // → [2, 1]
 * ```
 */
export function oneOf(...choices: readonly (Transform | readonly Transform[])[]): ChoiceTransform {
  if (choices.length === 0) throw new RangeError('oneOf: wanted one or more transforms, got none');
  return {
    name: 'oneOf',
    choose(random) {
      const choice = choices[random.integer(choices.length)]!;
      return Array.isArray(choice) ? (choice as readonly Transform[]) : [choice as Transform];
    },
  };
}
