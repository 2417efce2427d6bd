/** Whether a value is a label from 0 to K-1. */
export function isLabel(value: number, K: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < K;
}

/** An error that names a value which is no label, and what to do. */
export function badLabel(
  caller: string,
  what: 'true' | 'predicted' | '',
  value: number,
  K: number,
  pixel: number,
): RangeError {
  const remedy =
    what === 'predicted'
      ? 'pass class indices (the argmax), not probabilities'
      : Number.isInteger(value)
        ? 'map it to a class, or set ignoreIndex'
        : 'read the mask without interpolation';
  const name = what === '' ? 'label' : `${what} label`;
  return new RangeError(
    `${caller}: wanted whole labels${Number.isFinite(K) ? ` from 0 to ${K - 1}` : ''}, got the ${name} ${value} at ${pixel}; ${remedy}`,
  );
}
