/** The loss or its gradient is no longer a number; names the term, the place and the images. */
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
    readonly step: number,
    readonly ids: readonly string[],
  ) {
    super(
      `training diverged: ${term} is not finite at epoch ${epoch}, step ${step}, images ${ids.join(', ')}; ` +
        'try a smaller learning rate',
    );
  }
}
