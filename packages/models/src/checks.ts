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

export function checkBoolean(caller: string, name: string, value: unknown): void {
  if (typeof value !== 'boolean') {
    throw new TypeError(`${caller}: wanted ${name} to be true or false, got ${shown(value)}`);
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

/** Throws unless it is the momentum of a running average: at 1 the average would never move. */
export function checkMomentum(caller: string, momentum: unknown): void {
  if (typeof momentum !== 'number' || !(momentum >= 0 && momentum < 1)) {
    throw new RangeError(
      `${caller}: wanted batchNormMomentum from 0 to below 1, got ${shown(momentum)}; PyTorch's momentum m is 1 - m here`,
    );
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
  step: number | readonly number[],
  reason: string,
  otherwise = '',
): void {
  const sizes = inputShape.slice(0, -1);
  const steps = sizes.map((_, axis) => (typeof step === 'number' ? step : step[axis]!));
  if (sizes.every((size, axis) => size % steps[axis]! === 0)) return;
  const axes = AXES[inputShape.length]!.slice(0, -1)
    .join(', ')
    .replace(/, (\w+)$/, ' and $1');
  const nearest = sizes.map((size, axis) =>
    Math.max(steps[axis]!, Math.round(size / steps[axis]!) * steps[axis]!),
  );
  const by = new Set(steps).size === 1 ? String(steps[0]) : steps.join('x');
  throw new RangeError(
    `${caller}: wanted ${axes} divisible by ${by} ${reason}, got ${sizes.join('x')}; ` +
      `resize to ${nearest.join('x')}${otherwise}`,
  );
}

const isPositive = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;

/** JSON would write NaN as null. */
const shown = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.join(',')}]`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
};
