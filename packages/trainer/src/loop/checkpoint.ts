/** One tensor of a checkpoint. */
export interface CheckpointTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Content of a checkpoint: tensors by name, and text by name. */
export interface CheckpointContent {
  readonly tensors: Readonly<Record<string, CheckpointTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Where `train` keeps its checkpoints: a folder in Node (`folderStore` of `@segloss/trainer`), a database or memory in a page. A
 * saved content must be loaded bit-identical.
 */
export interface CheckpointStore {
  /** Names the place in messages, such as the path of the folder. */
  readonly name: string;
  /**
   * Returns the newest content that was saved as `last` and is intact, or undefined where none was saved yet.
   *
   * @param say Receives a sentence about every damaged checkpoint that is passed over.
   */
  load(say: (text: string) => void): CheckpointContent | undefined | Promise<CheckpointContent | undefined>;
  /** Replaces the content of this name; the older one must stand until the new one is complete. */
  save(name: 'last' | 'best', content: CheckpointContent): void | Promise<void>;
}

/**
 * Thrown where a checkpoint cannot be used; the message names its place.
 *
 * @example
 * ```ts
 * new CheckpointError('last.safetensors is damaged').name; // → "CheckpointError"
 * ```
 */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}
