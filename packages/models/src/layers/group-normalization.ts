import { checkKeys } from '@segloss/common';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import {
  add,
  concat,
  mean,
  mul,
  reshape,
  rsqrt,
  split,
  square,
  sub,
  tidy,
  tile,
  type Tensor,
} from '@tensorflow/tfjs-core';

import { LAYER_OPTIONS, type LayerOptions } from './layer-options.js';
import { checkPositive } from '../checks.js';

/** Options of {@link GroupNormalization}. */
export interface GroupNormalizationOptions extends LayerOptions {
  /** Number of groups of neighboring channels; one group per channel is instance normalization. Default 32. */
  groups?: number;
  /** Added to the variance. Default 1e-5, as in PyTorch. */
  epsilon?: number;
}

const KNOWN = ['groups', 'epsilon', ...LAYER_OPTIONS];

type Weight = ReturnType<layers.Layer['addWeight']>;

/**
 * Group normalization, (x - mean) / √(variance + epsilon) · gamma + beta, with mean and (biased) variance over all pixels and the
 * channels of one group of one image. The same in training and prediction. Float32 `[B, ...spatial, C]` of any number of spatial
 * axes, to the same shape; gamma (1 at first) and beta (0) are `[C]`.
 *
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If the channels are not divisible by the groups.
 *
 * @example
 * ```ts
 * const layer = new GroupNormalization({ groups: 1, epsilon: 0 });
 * layer.apply(tf.tensor3d([[[1, 3]], [[5, 5]]])); // → [[[-1, 1]], [[NaN, NaN]]]
 * ```
 *
 * @see Wu & He, "Group Normalization", ECCV 2018, arXiv:1803.08494, eq. 1-3.
 */
export class GroupNormalization extends layers.Layer {
  /** @nocollapse */
  static readonly className = 'GroupNormalization';
  private readonly groups: number;
  private readonly epsilon: number;
  private gamma!: Weight;
  private beta!: Weight;

  constructor(options: GroupNormalizationOptions = {}) {
    checkKeys('GroupNormalization', options, KNOWN);
    const { groups = 32, epsilon = 1e-5, ...config } = options;
    checkPositive('GroupNormalization', 'groups', groups);
    if (!(epsilon >= 0)) {
      throw new RangeError(`GroupNormalization: wanted epsilon of at least 0, got ${String(epsilon)}`);
    }
    super(config);
    this.groups = groups;
    this.epsilon = epsilon;
  }

  override build(inputShape: (number | null)[] | (number | null)[][]): void {
    const channels = inputShape.at(-1) as number;
    if (channels % this.groups !== 0) {
      throw new RangeError(
        `GroupNormalization: wanted channels divisible by ${this.groups} groups, got ${channels}; give other groups`,
      );
    }
    this.gamma = this.addWeight('gamma', [channels], 'float32', initializers.ones());
    this.beta = this.addWeight('beta', [channels], 'float32', initializers.zeros());
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      const channels = x.shape[x.rank - 1]!;
      // tfjs has no gradient for a split into one.
      if (x.shape[0] === 1) return reshape(this.normalized(reshape(x, [-1, channels])), x.shape);
      // Image by image: sums over all rows of a matrix are the ones that the kernels of segloss do fast and in float64.
      const images = split(x, x.shape[0]!).map((image) => this.normalized(reshape(image, [-1, channels])));
      return reshape(concat(images), x.shape);
    });
  }

  /** Of one image, `[pixels, channels]`. */
  private normalized(x: Tensor): Tensor {
    const centered = sub(x, this.ofGroups(mean(x, 0)));
    const variance = this.ofGroups(mean(square(centered), 0));
    const scale = mul(rsqrt(add(variance, this.epsilon)), this.gamma.read());
    return add(mul(centered, scale), this.beta.read());
  }

  /** Each channel's value as the mean of those of its group. */
  private ofGroups(values: Tensor): Tensor {
    const size = values.size / this.groups;
    if (size === 1) return values;
    return reshape(tile(mean(reshape(values, [this.groups, size]), 1, true), [1, size]), [-1]);
  }

  override getConfig(): ReturnType<layers.Layer['getConfig']> {
    return { ...super.getConfig(), groups: this.groups, epsilon: this.epsilon };
  }
}
