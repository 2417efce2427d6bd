import { closest, distance } from 'fastest-levenshtein';

/** Says that a name is not known, what it may have been meant for, and which are known. */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const nearest = known.length === 0 ? '' : closest(name, known);
  const near = distance(name, nearest) <= Math.ceil(nearest.length / 2);
  const hint = near ? ` (did you mean "${nearest}"?)` : '';
  return `unknown ${kind} "${name}"${hint}; known ${kind}s: ${known.join(', ')}`;
}

/** Throws unless the options are an object with no other keys than these. */
export function checkKeys(caller: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(
      `${caller}: wanted an options object with ${known.join(', ')}, got ${String(options)}`,
    );
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new TypeError(`${caller}: ${unknownName('option', key, known)}`);
  }
}

/** The options, with the defaults in the place of those that are not given or undefined. */
export function withDefaults<D extends object, O extends object>(
  defaults: D,
  options: O,
): O & { [K in keyof D]: K extends keyof O ? NonNullable<O[K]> : D[K] } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) } as ReturnType<typeof withDefaults<D, O>>;
}

export function checkPositive(caller: string, name: string, value: unknown): void {
  if (!isPositive(value)) {
    throw new RangeError(`${caller}: wanted ${name} to be a positive integer, got ${shown(value)}`);
  }
}

export function checkPositives(caller: string, name: string, values: unknown, length?: number): void {
  const fits =
    Array.isArray(values) && values.every(isPositive) && values.length === (length ?? values.length);
  if (!fits || values.length === 0) {
    const wanted = length === undefined ? 'a list of positive' : `${length} positive`;
    throw new RangeError(`${caller}: wanted ${wanted} ${name}, got ${shown(values)}`);
  }
}

export function checkOutputs(caller: string, outputs: unknown): void {
  if (!isPositive(outputs)) {
    throw new RangeError(`${caller}: wanted a positive number of outputs, got ${shown(outputs)}`);
  }
}

export function checkSeed(caller: string, seed: unknown): void {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`${caller}: wanted seed to be an integer, got ${shown(seed)}`);
  }
}

/** Throws unless it is a probability below 1: at 1 nothing would be left. */
export function checkRate(caller: string, name: string, rate: unknown): void {
  if (typeof rate !== 'number' || !(rate >= 0 && rate < 1)) {
    throw new RangeError(`${caller}: wanted ${name} from 0 to below 1, got ${shown(rate)}`);
  }
}

const AXES: Readonly<Record<number, readonly string[]>> = {
  3: ['height', 'width', 'channels'],
  4: ['depth', 'height', 'width', 'channels'],
};

/** Throws unless the shape has one of the numbers of axes (3 or 4, the channels counted), all positive. */
export function checkInputShape(caller: string, shape: unknown, axes: readonly (3 | 4)[] = [3]): void {
  if (Array.isArray(shape) && axes.includes(shape.length as 3) && shape.every(isPositive)) return;
  const wanted = axes.map((count) => `[${AXES[count]!.join(', ')}]`).join(' or ');
  throw new RangeError(`${caller}: wanted inputShape ${wanted}, got ${shown(shape)}`);
}

/** Throws unless every size is a multiple of `step`; names the sizes nearest to these that are. */
export function checkDivisible(
  caller: string,
  inputShape: readonly number[],
  step: number,
  reason: string,
  otherwise = '',
): void {
  const sizes = inputShape.slice(0, -1);
  if (sizes.every((size) => size % step === 0)) return;
  const axes = AXES[inputShape.length]!.slice(0, -1)
    .join(', ')
    .replace(/, (\w+)$/, ' and $1');
  const nearest = sizes.map((size) => Math.max(step, Math.round(size / step) * step));
  throw new RangeError(
    `${caller}: wanted ${axes} divisible by ${step} ${reason}, got ${sizes.join('x')}; ` +
      `resize to ${nearest.join('x')}${otherwise}`,
  );
}

const isPositive = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;

/** JSON would write NaN as null. */
const shown = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.join(',')}]`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
};
