/** Prediction of a model for one image. */
export interface Prediction {
  readonly id: string;
  /** Class index of each pixel: the most probable one; with one channel, 1 where the probability is above 0.5. */
  readonly labels: Uint8Array;
  /** Probabilities `[..., classes]` in row-major order; of a binary model two: background, foreground. */
  readonly probabilities: Float32Array;
}

/** Throws unless all logits are finite: of NaN, the most probable class would be the background. */
export function checkLogits(caller: string, logits: Float32Array, id: string): void {
  const at = logits.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new RangeError(
    `${caller}: wanted finite logits, got ${logits[at]} for ${id}; does the image hold only finite numbers, and has the training not diverged?`,
  );
}

/** Labels and probabilities of logits `[pixels, channels]`. */
export function classify(logits: Float32Array, channels: number): Omit<Prediction, 'id'> {
  const pixels = logits.length / channels;
  const labels = mostProbable(logits, channels);
  if (channels === 1) {
    const probabilities = new Float32Array(2 * pixels);
    for (let i = 0; i < pixels; i++) {
      const foreground = 1 / (1 + Math.exp(-logits[i]!));
      probabilities[2 * i] = 1 - foreground;
      probabilities[2 * i + 1] = foreground;
    }
    return { labels, probabilities };
  }
  const probabilities = new Float32Array(logits.length);
  for (let i = 0; i < pixels; i++) {
    const at = i * channels;
    const best = labels[i]!;
    let sum = 0;
    for (let k = 0; k < channels; k++)
      sum += probabilities[at + k] = Math.exp(logits[at + k]! - logits[at + best]!);
    for (let k = 0; k < channels; k++) probabilities[at + k]! /= sum;
  }
  return { labels, probabilities };
}

/** The class index of each row of logits or probabilities `[pixels, channels]`; of one channel of logits, 1 where it is positive. */
export function mostProbable(values: Float32Array, channels: number): Uint8Array {
  const labels = new Uint8Array(values.length / channels);
  for (let i = 0, at = 0; i < labels.length; i++, at += channels) {
    if (channels === 1) {
      labels[i] = values[at]! > 0 ? 1 : 0;
      continue;
    }
    let best = 0;
    for (let k = 1; k < channels; k++) if (values[at + k]! > values[at + best]!) best = k;
    labels[i] = best;
  }
  return labels;
}
