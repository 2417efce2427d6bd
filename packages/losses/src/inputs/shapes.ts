import { env, getBackend, type Tensor } from '@tensorflow/tfjs-core';

import { type Mode } from '../types.js';

/** Throws unless labels and logits are tensors of the right kind. */
export function checkTensors(caller: string, labels: Tensor, logits: Tensor): void {
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

/**
 * Throws where WebGL computes in half precision only, as on some phones: sums of more than 65,504 pixels overflow there, Dice was NaN for
 * images of 24 x 24 pixels, and gradients of means over many pixels vanish.
 */
export function checkPrecision(caller: string): void {
  // Not floatPrecision(), which in tfjs 4.22 is 16 wherever WebGL has float32.
  if (getBackend() !== 'webgl' || env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) return;
  throw new RangeError(
    `${caller}: wanted float32 arithmetic, got half precision, which is all that WebGL has on this device; ` +
      "use wasm (import '@segloss/kernels/wasm', then tf.setBackend('wasm')) or webgpu",
  );
}

/** Returns how the channels are read. */
export function chooseMode(caller: string, wanted: Mode | undefined, classes: number): Mode {
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

/** Returns whether labels are class indices or have the channels of the logits. */
export function labelForm(
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

/** Returns the channels of the mask, 1 or K. */
export function maskExtent(
  caller: string,
  mask: readonly number[],
  logits: readonly number[],
  mode: Mode,
): number {
  const space = logits.slice(0, -1);
  if (mask.join() === space.join() || mask.join() === [...space, 1].join()) return 1;
  if (mode === 'multilabel' && mask.join() === logits.join()) return logits[logits.length - 1]!;
  throw new RangeError(
    `${caller}: wanted a mask [${space}] or [${space},1] for logits [${logits}], got [${mask}]`,
  );
}
