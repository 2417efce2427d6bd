import { type LabelMap } from './labels.js';
import { IGNORED } from '../samples/sample.js';

/** What probably happened to mask values that are no labels, and a map that mends it if there is one. */
export interface LabelGuess {
  readonly cause: string;
  readonly labelMap?: LabelMap;
}

/** How to use a map, for messages; nothing where there is none. */
export function remedyOf(map: LabelMap | undefined): string {
  return map ? `; write ${JSON.stringify(map)} to label-map.json in the folder, or give it as labelMap` : '';
}

/** A rule that recognizes a mishap by the values that masks hold, in rising order. */
type Mishap = (values: readonly number[], classes: number) => LabelGuess | undefined;

/** The first that fits is named. */
const MISHAPS: readonly Mishap[] = [
  function photograph(values) {
    if (values.length <= 20) return undefined;
    return {
      cause:
        'more than 20 values: these are photographs, or masks that were saved as JPEG or resized with interpolation; ' +
        'export them again as PNG, resized by the nearest neighbor',
    };
  },
  function blackAndWhite(values, classes) {
    if (classes !== 2 || !values.includes(255) || values.some((value) => value !== 0 && value !== 255)) {
      return undefined;
    }
    return { cause: 'the masks are black and white: 255 is the foreground', labelMap: { 255: 1 } };
  },
  function anotherNumber(values, classes) {
    const [foreground, ...others] = values.filter((value) => value !== 0);
    if (classes !== 2 || foreground === undefined || others.length > 0 || !values.includes(0))
      return undefined;
    if (foreground === 1 || foreground === IGNORED) return undefined;
    return { cause: `the foreground is ${foreground} and not 1`, labelMap: { [foreground]: 1 } };
  },
  function scaledToBeSeen(values, classes) {
    const scales = [255 / (classes - 1), Math.floor(255 / (classes - 1)), Math.floor(256 / classes)];
    for (const scale of scales) {
      const labels = values.map((value) => Math.round(value / scale));
      const fits = values.every(
        (value, i) => labels[i]! < classes && Math.abs(labels[i]! * scale - value) < 1,
      );
      if (scale < 2 || !fits) continue;
      const labelMap = Object.fromEntries(values.map((value, i) => [value, labels[i]!]).filter(([value]) => value !== 0)); // prettier-ignore
      return { cause: `the labels were multiplied by ${Math.round(scale)} to be visible`, labelMap };
    }
    return undefined;
  },
  function countedFromOne(values, classes) {
    const labels = values.filter((value) => value !== IGNORED);
    if (labels[0] !== 1 || labels.at(-1) !== classes) return undefined;
    return {
      cause: 'the labels begin at 1 instead of 0',
      labelMap: Object.fromEntries(Array.from({ length: classes }, (_, label) => [label + 1, label])),
    };
  },
  function oneMore(values, classes) {
    const wrong = values.filter((value) => value >= classes && value !== IGNORED);
    if (wrong.length !== 1) return undefined;
    return {
      cause: `${wrong[0]} may mean "void": the map has it ignored; if it is a class, name it in classes.txt instead`,
      labelMap: { [wrong[0]!]: IGNORED },
    };
  },
];

/**
 * Guesses from the values of masks what happened to them.
 *
 * @param values Every value that the masks hold. @param classes How many classes there should be.
 */
export function guessLabels(values: Iterable<number>, classes: number): LabelGuess {
  const rising = [...new Set(values)].sort((a, b) => a - b);
  for (const mishap of MISHAPS) {
    const guess = mishap(rising, classes);
    if (guess) return guess;
  }
  return {
    cause: `there are ${classes} classes, but values up to ${rising.at(-1)}: name the missing classes in classes.txt`,
  };
}
