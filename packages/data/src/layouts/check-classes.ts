import { DataError } from '../errors.js';

/** Names that stand for background alone. */
const BACKGROUND = /^_*(back[-_ ]?ground|bg)_*$/i;

/**
 * Throws unless every class has its own name, and background, if it is one of several classes, is class 0. Scores go by the names of the
 * classes, and class 0 is left out of the foreground mean.
 *
 * @throws {DataError} `bad-label`, naming the classes.
 */
export function checkClasses(folder: string, classes: readonly string[], background: 0 | null): void {
  const twice = classes.find((name, k) => classes.indexOf(name) !== k);
  if (twice !== undefined) {
    throw new DataError(
      `wanted a different name for every class in ${folder}, got ${twice} twice; rename one`,
      'bad-label',
    );
  }
  const index = classes.findIndex((name) => BACKGROUND.test(name));
  if (background === null || index <= 0) return;
  throw new DataError(
    `wanted background as class 0 in ${folder}, got ${classes[0]!} as 0 and ${classes[index]!} as ${index}: scores would leave ${classes[0]!} out ` +
      'and count background; number the classes, in the list and in the masks, with background first',
    'bad-label',
  );
}
