import { type Tensor } from '@tensorflow/tfjs-core';

/** Stochastic gradient descent; `momentum` 0 is without. */
export interface SgdOptions {
  name: 'sgd';
  /** Share of the previous update that is kept, from 0 to below 1. Default 0. */
  momentum?: number;
  /** Looks ahead along the momentum (Sutskever et al., ICML 2013). Default false. */
  nesterov?: boolean;
  /** λ of the penalty ½λ|w|², added to the gradient. Default 0. */
  weightDecay?: number;
}

/** Adam (Kingma & Ba, ICLR 2015). */
export interface AdamOptions {
  name: 'adam';
  /** Decay of the mean of the gradients. Default 0.9. */
  beta1?: number;
  /** Decay of the mean of their squares. Default 0.999. */
  beta2?: number;
  /** Added to the root of the mean square. Default 1e-7. */
  epsilon?: number;
  /** λ of the penalty ½λ|w|², added to the gradient. Default 0. */
  weightDecay?: number;
}

/** Adam with weight decay apart from the gradient: w ← w - rate · λ · w (Loshchilov & Hutter, ICLR 2019). */
export interface AdamwOptions extends Omit<AdamOptions, 'name'> {
  name: 'adamw';
  /** λ, multiplied by the learning rate. Default 0.01. */
  weightDecay?: number;
}

export type OptimizerOptions = SgdOptions | AdamOptions | AdamwOptions;
export type OptimizerName = OptimizerOptions['name'];

/** Changes variables by their gradients. */
export interface Optimizer {
  readonly name: OptimizerName;
  /** One update. `gradients` are in the order of the variables, and stay as they are. */
  apply(gradients: readonly Tensor[], learningRate: number): void;
  /** Number of updates so far. */
  readonly updates: number;
  /** State of the optimizer in addition to the weights and {@link updates}, by name; not copies. */
  slots(): Record<string, Tensor>;
  /** Resumes from a state of `slots` and `updates`. */
  restore(slots: Readonly<Record<string, Tensor>>, updates: number): void;
  dispose(): void;
}
