/**
 * Kinds of {@link RunError}:
 *
 * - `busy`: another process trains the run, or has taken it over; try again later.
 * - `not-a-run`: the folder is not that of a run or a benchmark.
 * - `no-scores`: the run has no scores that can be read, for example because it has not finished.
 * - `other-classes`: the data have other classes than the run.
 * - `other-data`: the data of the run have changed since it was trained.
 * - `other-weights`: the weights or the scores in the folder are those of another run.
 * - `not-calibrated`: the run has no temperature, or one of other weights.
 * - `bad-plan`: the plan of a benchmark cannot be read.
 * - `stale-plan`: images, masks or modules have changed since the plan was made.
 */
export type RunErrorCode =
  | 'busy'
  | 'not-a-run'
  | 'no-scores'
  | 'other-classes'
  | 'other-data'
  | 'other-weights'
  | 'not-calibrated'
  | 'bad-plan'
  | 'stale-plan';

/**
 * A run cannot be used; `code` says why, for programs. See {@link RunErrorCode}.
 *
 * @example
 * ```ts
 * await openRun('no-such-run').catch((error) => [error.name, error.code]); // → ["RunError","not-a-run"]
 * ```
 */
export class RunError extends Error {
  override readonly name = 'RunError';

  constructor(
    message: string,
    readonly code: RunErrorCode,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
