import { add, keep, mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

/**
 * An exponential moving average of all weights of a model, running statistics included: average ← d·average + (1 - d)·weights after each
 * update, with d = min(decay, (1 + t) / (10 + t)) at update t, so that the initial weights are forgotten early.
 *
 * @see Polyak & Juditsky, SIAM J. Control Optim. 30, 1992; the warm-up is that of tf.train.ExponentialMovingAverage.
 */
export class WeightAverage {
  /** The averages, or the weights in training while the model has the averages. */
  private others: Tensor[];
  private shown = false;

  constructor(
    private readonly model: LayersModel,
    private readonly decay: number,
  ) {
    this.others = model.weights.map((weight) => keep(weight.read().clone()));
  }

  /** After an update (0-based, counted from the start of the training). */
  update(step: number): void {
    const decay = Math.min(this.decay, (1 + step) / (10 + step));
    this.others = this.model.weights.map((weight, i) => {
      const before = this.others[i]!;
      const after = tidy(() => add(mul(before, decay), mul(weight.read(), 1 - decay)));
      before.dispose();
      return keep(after);
    });
  }

  /** Gives the model the averages (true), or the weights in training (false). */
  show(averages: boolean): void {
    if (this.shown === averages) return;
    this.shown = averages;
    this.others = this.model.weights.map((weight, i) => {
      const [own, other] = [keep(weight.read().clone()), this.others[i]!];
      weight.write(other);
      other.dispose();
      return own;
    });
  }

  /** In the order of the model's weights; not copies. */
  get averages(): Tensor[] {
    return this.shown ? this.model.weights.map((weight) => weight.read()) : this.others;
  }

  /** Those in training. */
  get weights(): Tensor[] {
    return this.shown ? this.others : this.model.weights.map((weight) => weight.read());
  }

  /** Takes the averages of a checkpoint; the model has its weights in training. */
  restore(averages: readonly Tensor[]): void {
    this.others.forEach((tensor) => tensor.dispose());
    this.others = averages.map((tensor) => keep(tensor.clone()));
    this.shown = false;
  }

  dispose(): void {
    this.others.forEach((tensor) => tensor.dispose());
    this.others = [];
  }
}
