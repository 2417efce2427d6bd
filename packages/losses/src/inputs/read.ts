import {
  engine,
  cast,
  fill,
  greater,
  greaterEqual,
  logicalAnd,
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
import { READ_INDICES_KERNEL, READ_UNIT_LABELS_KERNEL } from '../statistics/contract.js';
import { hasFused } from '../statistics/fused.js';
import { type InputOptions, type Mode, type PixelInputs } from '../types.js';
import { DEFAULT_IGNORE_INDEX } from './ignored.js';
import { checkPrecision, checkTensors, chooseMode, labelForm, maskExtent } from './shapes.js';
import {
  checkIndices,
  checkProbabilities,
  checkReadIndices,
  checkReadUnitLabels,
  checkUnitLabels,
  warnOfMistakes,
  type ValueCheck,
} from './values.js';

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
  { mode: wanted, ignoreIndex: given, mask }: InputOptions & { mask?: Tensor } = {},
): PixelInputs {
  const ignoreIndex = given ?? DEFAULT_IGNORE_INDEX;
  checkInputOptions(caller, { ...(wanted && { mode: wanted }), ignoreIndex });
  checkTensors(caller, labels, logits);
  const shape = logits.shape;
  const classes = shape[shape.length - 1]!;
  const batch = shape[0]!;
  const space = shape.slice(1, -1);
  const pixels = space.reduce((product, size) => product * size, 1);
  checkPrecision(caller);
  const mode = chooseMode(caller, wanted, classes);
  const form = labelForm(caller, labels.shape, shape, mode);

  const check: ValueCheck = { caller, ignoreIndex, explicit: given !== undefined };
  const joined: [number, number, number] = [batch, pixels, classes];
  warnOfMistakes(caller, labels, logits, { classes, softmax: mode === 'multiclass' });
  const parts = tidy(() => {
    const read =
      form === 'indices'
        ? fromIndices(reshape(labels, [batch, pixels]), classes, check)
        : mode === 'multiclass'
          ? fromProbabilities(reshape(labels, joined), classes, check)
          : fromUnitLabels(reshape(labels, joined), mode === 'binary', check);
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

/** Class indices with -1 at ignored pixels, or probabilities and which of them count. */
type LabelParts = { indices: Tensor2D } | { target: Tensor3D; valid: Tensor3D };

/** Class indices `[B, N]`, ignored ones replaced by -1. */
function fromIndices(labels: Tensor, classes: number, check: ValueCheck): LabelParts {
  const { ignoreIndex } = check;
  if (labels.dtype === 'int32' && hasFused(READ_INDICES_KERNEL)) {
    const read = engine().runKernel(READ_INDICES_KERNEL, { labels }, { ignoreIndex });
    const [marked, largest] = read as unknown as [Tensor2D, Tensor];
    checkReadIndices(labels, largest, classes, check);
    return { indices: marked };
  }
  checkIndices(labels, classes, check);
  const indices = cast(labels, 'int32') as Tensor2D;
  const counts = logicalAnd(greaterEqual(indices, 0), notEqual(indices, ignoreIndex));
  return { indices: where(counts, indices, fill(indices.shape, -1, 'int32')) as Tensor2D };
}

/** Class probabilities `[B, N, K]`; a row of zeros is ignored. */
function fromProbabilities(labels: Tensor, classes: number, check: ValueCheck): LabelParts {
  checkProbabilities(labels, classes, check);
  const target = cast(labels, 'float32') as Tensor3D;
  const valid = cast(greater(sum(target, -1, true), 0), 'float32') as Tensor3D;
  return { target, valid };
}

/** Labels of sigmoid channels, from 0 to 1. */
function fromUnitLabels(labels: Tensor, binary: boolean, check: ValueCheck): LabelParts {
  const readable = labels.dtype === 'int32' || labels.dtype === 'float32';
  if (readable && hasFused(READ_UNIT_LABELS_KERNEL)) {
    const { ignoreIndex } = check;
    const read = engine().runKernel(READ_UNIT_LABELS_KERNEL, { labels }, { ignoreIndex });
    const [target, valid, found] = read as unknown as [Tensor3D, Tensor3D, Tensor];
    checkReadUnitLabels(labels, found, check, binary);
    return { target, valid };
  }
  checkUnitLabels(labels, check, binary);
  const values = cast(labels, 'float32') as Tensor3D;
  const counts = logicalAnd(greaterEqual(values, 0), notEqual(values, check.ignoreIndex));
  const target = where(counts, values, zerosLike(values)) as Tensor3D;
  return { target, valid: cast(counts, 'float32') as Tensor3D };
}
