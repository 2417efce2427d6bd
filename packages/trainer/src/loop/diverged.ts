/** Thrown where loss, gradient or prediction is no longer finite; names the term, the place and the images. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';

  /**
   * @example
   * ```ts
   * new DivergedError('ce', 2, 17, ['a', 'b']).message; // → "training diverged: ce is not finite at epoch 2, step 17, images a, b; try a smaller learning rate"
   * ```
   */
  constructor(
    readonly term: string,
    readonly epoch: number,
    /** Undefined in validation. */
    readonly step: number | undefined,
    readonly ids: readonly string[],
  ) {
    super(
      `training diverged: ${term} is not finite at epoch ${epoch}, ${step === undefined ? 'in validation' : `step ${step}`}, images ${ids.join(', ')}; ` +
        'try a smaller learning rate',
    );
  }
}
