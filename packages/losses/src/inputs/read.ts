import {
  getKernel,
  engine,
  cast,
  fill,
  getBackend,
  greater,
  greaterEqual,
  logicalAnd,
  max,
  mul,
  notEqual,
  oneHot,
  reshape,
  sum,
  tidy,
  where,
  zerosLike,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { checkInputOptions } from '../options/checks.js';
import { READ_INDICES_KERNEL } from '../statistics/contract.js';
import { type InputOptions, type Mode, type PixelInputs } from '../types.js';

/** The label value that marks an ignored pixel unless another is given. */
export const DEFAULT_IGNORE_INDEX = 255;

/**
 * Checks labels and logits and brings them into one form: spatial axes joined, labels as class probabilities,
 * ignored pixels as `valid` = 0.
 *
 * @param caller Name for messages.
 * @param labels Class indices `[B, ...spatial]` or `[B, ...spatial, 1]`, or class probabilities in the logits' shape.
 * @param logits Unnormalized scores `[B, ...spatial, K]`, float32.
 * @throws {TypeError} If logits are not float32. @throws {RangeError} If shapes or label values do not fit.
 */
export function readInputs(
  caller: string,
  labels: Tensor,
  logits: Tensor,
  { mode: wanted, ignoreIndex = DEFAULT_IGNORE_INDEX, mask }: InputOptions & { mask?: Tensor } = {},
): PixelInputs {
  checkInputOptions(caller, { ...(wanted && { mode: wanted }), ignoreIndex });
  checkTensors(caller, labels, logits);
  const shape = logits.shape;
  const classes = shape[shape.length - 1]!;
  const batch = shape[0]!;
  const space = shape.slice(1, -1);
  const pixels = space.reduce((product, size) => product * size, 1);
  const mode = chooseMode(caller, wanted, classes);
  const form = labelForm(caller, labels.shape, shape, mode);

  const joined: [number, number, number] = [batch, pixels, classes];
  const parts = tidy(() => {
    const read =
      form === 'indices'
        ? fromIndices(caller, reshape(labels, [batch, pixels]), classes, ignoreIndex)
        : mode === 'multiclass'
          ? fromProbabilities(reshape(labels, joined))
          : fromBinary(caller, reshape(labels, joined), ignoreIndex);
    const labelParts = mask === undefined ? read : masked(read, maskOf(caller, mask, shape, mode));
    return { logits: reshape(logits, joined) as Tensor3D, ...labelParts };
  }) as unknown as Pick<PixelInputs, 'logits'> & Partial<Pick<PixelInputs, 'indices' | 'target' | 'valid'>>;

  let { target, valid } = parts;
  return {
    caller,
    mode,
    batch,
    pixels,
    space,
    classes,
    logits: parts.logits,
    ...(parts.indices && { indices: parts.indices }),
    // As large as the indices, and K times as large: made only for those who read them.
    get valid() {
      return (valid ??= tidy(() => validOf(parts.indices!)));
    },
    get target() {
      return (target ??= tidy(() => oneHotOf(parts.indices!, classes)));
    },
  };
}

/** 1 where the mask lets a pixel count: `[B, N, 1 or K]`. */
function maskOf(caller: string, mask: Tensor, logits: readonly number[], mode: Mode): Tensor3D {
  const extent = maskExtent(caller, mask.shape, logits, mode);
  return cast(notEqual(reshape(mask, [logits[0]!, -1, extent]), 0), 'float32') as Tensor3D;
}

function masked(labels: LabelParts, counts: Tensor3D): LabelParts {
  if ('target' in labels) {
    const valid = mul(labels.valid, counts) as Tensor3D;
    return { target: mul(labels.target, valid) as Tensor3D, valid };
  }
  const { indices } = labels;
  const on = greater(reshape(counts, indices.shape), 0);
  return { indices: where(on, indices, fill(indices.shape, -1, 'int32')) as Tensor2D };
}

/** 1 where an index is no -1, `[B, N, 1]`. */
function validOf(indices: Tensor2D): Tensor3D {
  return reshape(cast(greaterEqual(indices, 0), 'float32'), [...indices.shape, 1]) as Tensor3D;
}

/** One-hot labels `[B, N, K]` of indices, 0 at ignored pixels. */
function oneHotOf(indices: Tensor2D, classes: number): Tensor3D {
  const known = where(greaterEqual(indices, 0), indices, zerosLike(indices)) as Tensor2D;
  return mul(cast(oneHot(known, classes), 'float32'), validOf(indices)) as Tensor3D;
}

/** `x` with 0 at the ignored pixels, so that not even a NaN or ∞ there is seen. */
export function hideIgnored(x: Tensor3D, valid: Tensor3D): Tensor3D {
  return where(greater(valid, 0), x, zerosLike(x)) as Tensor3D;
}

/**
 * Logits for a softmax: a channel that is ignored by itself gets nothing of it, as if it did not exist; a pixel that is ignored as a
 * whole is hidden as by {@link hideIgnored}.
 */
export function softmaxLogits(logits: Tensor3D, valid: Tensor3D): Tensor3D {
  if (valid.shape[2] === 1) return hideIgnored(logits, valid);
  return where(greater(valid, 0), logits, fill(logits.shape, NOTHING)) as Tensor3D;
}

const NOTHING = -1e30; // e^ of it is 0, and no product of it is infinite

function checkTensors(caller: string, labels: Tensor, logits: Tensor): void {
  for (const [what, tensor] of [
    ['labels', labels],
    ['logits', logits],
  ] as const) {
    if (typeof tensor !== 'object' || tensor === null || !Array.isArray(tensor.shape)) {
      throw new TypeError(
        `${caller}: wanted ${what} to be a tensor, got ${typeof tensor}; the order is (labels, logits)`,
      );
    }
  }
  if (logits.dtype !== 'float32') {
    throw new TypeError(
      `${caller}: wanted float32 logits, got ${logits.dtype}; the order is (labels, logits), and tf.cast converts`,
    );
  }
  if (labels.dtype === 'string' || labels.dtype === 'complex64') {
    throw new TypeError(`${caller}: wanted numeric labels, got ${labels.dtype}`);
  }
  if (logits.rank < 2) {
    throw new RangeError(
      `${caller}: wanted logits [B, ...spatial, K], got [${logits.shape}]; add the missing axes`,
    );
  }
  if (logits.size === 0) {
    throw new RangeError(`${caller}: wanted at least one pixel, got logits [${logits.shape}]`);
  }
}

function chooseMode(caller: string, wanted: Mode | undefined, classes: number): Mode {
  const mode = wanted ?? (classes === 1 ? 'binary' : 'multiclass');
  if (mode === 'binary' && classes !== 1) {
    throw new RangeError(
      `${caller}: wanted one channel in binary mode, got ${classes}; use mode 'multiclass' or 'multilabel'`,
    );
  }
  if (mode === 'multiclass' && classes === 1) {
    throw new RangeError(
      `${caller}: wanted at least two channels in multiclass mode, got 1; use mode 'binary'`,
    );
  }
  return mode;
}

function labelForm(
  caller: string,
  labels: readonly number[],
  logits: readonly number[],
  mode: Mode,
): 'indices' | 'channels' {
  const space = logits.slice(0, -1);
  const same = (a: readonly number[], b: readonly number[]) => a.join() === b.join();
  if (same(labels, logits)) return 'channels';
  if (same(labels, space) || same(labels, [...space, 1])) {
    if (mode === 'multiclass') return 'indices';
    if (mode === 'binary') return 'channels';
  }
  const forms =
    mode === 'multilabel'
      ? `[${logits}], a 0 or 1 for each channel`
      : `[${space}] (class indices) or [${logits}]`;
  const remedy =
    mode === 'multilabel'
      ? 'build one channel for each label'
      : 'resize or reshape the labels, or check that channels come last';
  throw new RangeError(
    `${caller}: wanted labels ${forms} for logits [${logits}], got [${labels}]; ${remedy}`,
  );
}

function maskExtent(caller: string, mask: readonly number[], logits: readonly number[], mode: Mode): number {
  const space = logits.slice(0, -1);
  if (mask.join() === space.join() || mask.join() === [...space, 1].join()) return 1;
  if (mode === 'multilabel' && mask.join() === logits.join()) return logits[logits.length - 1]!;
  throw new RangeError(
    `${caller}: wanted a mask [${space}] or [${space},1] for logits [${logits}], got [${mask}]`,
  );
}

/** Class indices with -1 at ignored pixels, or probabilities and which of them count. */
type LabelParts = { indices: Tensor2D } | { target: Tensor3D; valid: Tensor3D };

function fromIndices(caller: string, labels: Tensor, classes: number, ignoreIndex: number): LabelParts {
  const fused = getKernel(READ_INDICES_KERNEL, getBackend());
  if (fused && labels.dtype === 'int32') {
    const read = engine().runKernel(READ_INDICES_KERNEL, { labels }, { ignoreIndex });
    const [marked, largest] = read as unknown as [Tensor2D, Tensor];
    checkLargest(caller, largest, classes - 1, `class indices from 0 to ${classes - 1}`, ignoreIndex);
    return { indices: marked };
  }
  const indices = cast(labels, 'int32') as Tensor2D;
  const counts = logicalAnd(greaterEqual(indices, 0), notEqual(indices, ignoreIndex));
  const known = where(counts, indices, zerosLike(indices)) as Tensor2D;
  checkLargest(caller, known, classes - 1, `class indices from 0 to ${classes - 1}`, ignoreIndex);
  return { indices: where(counts, indices, fill(indices.shape, -1, 'int32')) as Tensor2D };
}

function fromProbabilities(labels: Tensor): LabelParts {
  const target = cast(labels, 'float32') as Tensor3D;
  const valid = cast(greater(sum(target, -1, true), 0), 'float32') as Tensor3D;
  return { target, valid };
}

function fromBinary(caller: string, labels: Tensor, ignoreIndex: number): LabelParts {
  const values = cast(labels, 'float32') as Tensor3D;
  const counts = logicalAnd(greaterEqual(values, 0), notEqual(values, ignoreIndex));
  const target = where(counts, values, zerosLike(values)) as Tensor3D;
  checkLargest(caller, target, 1, 'labels from 0 to 1', ignoreIndex);
  return { target, valid: cast(counts, 'float32') as Tensor3D };
}

// Reading a value back stalls a GPU (and cannot be done synchronously on WebGPU), so only these check values.
const READS_AT_ONCE = ['cpu', 'wasm', 'tensorflow'];

function checkLargest(
  caller: string,
  values: Tensor,
  most: number,
  wanted: string,
  ignoreIndex: number,
): void {
  if (!READS_AT_ONCE.includes(getBackend())) return;
  const largest = tidy(() => max(values).dataSync()[0]!);
  if (largest > most) {
    const remedy = largest === 255 && most === 1 ? 'divide 0/255 masks by 255' : 'map or ignore such labels';
    throw new RangeError(
      `${caller}: wanted ${wanted} (ignoreIndex ${ignoreIndex}), got ${largest}; ${remedy}, or set ignoreIndex`,
    );
  }
}
