/**
 * Kinds of {@link HubError}:
 *
 * - `offline`: the hub cannot be reached, or may not be (`HF_HUB_OFFLINE`), and the file is not in the cache.
 * - `not-found`: the hub has no such repository, revision or file, or does not show it without a token.
 * - `ambiguous`: the repository has several `.safetensors` files; name one.
 * - `damaged`: the bytes that arrived are not those that the hub announced.
 * - `failed`: the hub answered with another error.
 */
export type HubErrorCode = 'offline' | 'not-found' | 'ambiguous' | 'damaged' | 'failed';

/**
 * Pretrained weights cannot be downloaded; `code` says why, for programs. See {@link HubErrorCode}.
 *
 * @example
 * ```ts
 * new HubError('no network', 'offline').code; // → "offline"
 * ```
 */
export class HubError extends Error {
  override readonly name = 'HubError';

  constructor(
    message: string,
    readonly code: HubErrorCode,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
