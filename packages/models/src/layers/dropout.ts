import { checkKeys } from '@segloss/common';
import { layers, type LayersModel } from '@tensorflow/tfjs-layers';
import { dropout, tidy, type Tensor } from '@tensorflow/tfjs-core';

import { LAYER_OPTIONS, type LayerOptions } from './layer-options.js';
import { checkRate, checkSeed } from '../checks.js';

/** Options of {@link SeededDropout}. */
export interface SeededDropoutOptions extends LayerOptions {
  /** Probability that a value is set to zero, from 0 to below 1. */
  rate: number;
  /** Default 0. */
  seed?: number;
  /** Number of the layer within its model, so that each draws its own masks. Default 0. */
  number?: number;
  /** True: complete channels of an image are kept or set to zero, as in PyTorch's Dropout2d. Default false. */
  perChannel?: boolean;
}

const KNOWN = ['rate', 'seed', 'number', 'perChannel', ...LAYER_OPTIONS];

/**
 * Dropout whose masks follow from seed, layer number and step, so that a resumed training repeats them bit-identical; tfjs's own
 * layer draws either the same mask forever or different ones in every run. Kept values are divided by 1 - rate. Float32 of any shape, batch
 * first, channels last, to the same shape; outside of training the input passes through.
 *
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If the rate is not from 0 to below 1.
 *
 * @example
 * ```ts
 * const layer = new SeededDropout({ rate: 0.5, seed: 3 });
 * const masked = layer.apply(tf.ones([1, 1000]), { training: true });
 * Array.from(new Set(masked.dataSync())).sort(); // → [0, 2]
 * layer.apply(tf.ones([1, 2])); // → [[1, 1]]
 * ```
 *
 * @see Srivastava et al., "Dropout", JMLR 15, 2014; per channel: Tompson et al., CVPR 2015, arXiv:1411.4280, §3.2.
 */
export class SeededDropout extends layers.Layer {
  /** @nocollapse */
  static readonly className = 'SeededDropout';
  private readonly rate: number;
  private readonly seed: number;
  private readonly number: number;
  private readonly perChannel: boolean;
  private step = 0;
  private calls = 0;

  constructor(options: SeededDropoutOptions) {
    checkKeys('SeededDropout', options, KNOWN);
    const { rate, seed = 0, number = 0, perChannel = false, ...config } = options;
    checkRate('SeededDropout', 'rate', rate);
    checkSeed('SeededDropout', seed);
    super(config);
    this.rate = rate;
    this.seed = seed;
    this.number = number;
    this.perChannel = perChannel;
  }

  /** Fixes the masks of the training calls that follow; see {@link setStep}. */
  setStep(step: number): void {
    this.step = step;
    this.calls = 0;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown>): Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    if (!kwargs['training'] || this.rate === 0) return x;
    const shape = this.perChannel
      ? x.shape.map((size, i) => (i === 0 || i === x.rank - 1 ? size : 1))
      : x.shape;
    // A second call within a step, as in the accumulation of gradients, draws other masks.
    const { seed, number, step } = this;
    return tidy(() => dropout(x, this.rate, shape, `${seed}/${number}/${step}/${this.calls++}`));
  }

  override getConfig(): ReturnType<layers.Layer['getConfig']> {
    const { rate, seed, number, perChannel } = this;
    return { ...super.getConfig(), rate, seed, number, perChannel };
  }
}

/**
 * Sets the step of the training for the layers whose randomness follows from it. Call it before each step: a training that resumes
 * at a step then draws the same masks. Models without such layers are unchanged.
 *
 * @param model Any model; nested models are included.
 * @param step 0-based, counted from the start of the training.
 * @throws {RangeError} If the step is not an integer of at least 0.
 *
 * @example
 * ```ts
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [8], dropout: 0.5, seed: 1 });
 * const logits = (step) => {
 *   setStep(model, step);
 *   return model.apply(tf.ones([1, 4, 4, 1]), { training: true }).dataSync().join();
 * };
 * logits(7) === logits(7); // → true
 * logits(7) === logits(8); // → false
 * ```
 */
export function setStep(model: LayersModel, step: number): void {
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new RangeError(`setStep: wanted a step of at least 0, got ${String(step)}`);
  }
  for (const layer of model.layers) {
    // By name, not by class: a page may have loaded this module twice.
    if (layer.getClassName() === SeededDropout.className) (layer as SeededDropout).setStep(step);
    else if ('layers' in layer) setStep(layer as LayersModel, step);
  }
}
