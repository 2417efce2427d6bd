import { add, clipByValue, mul, square, stack, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';

/** Clipping and accumulation of gradients. */
export interface GradientOptions {
  /** Largest norm of the complete gradient. */
  clipNorm?: number;
  /** Clips every derivative to [-value, value]; excludes `clipNorm`. */
  clipValue?: number;
  /** Number of batches whose mean gradient makes one update. Default 1. */
  accumulate?: number;
}

/** |g| over all tensors. */
export async function globalNorm(gradients: readonly Tensor[]): Promise<number> {
  const squares = tidy(() => sum(stack(gradients.map((gradient) => sum(square(gradient))))));
  const [value] = await squares.data();
  squares.dispose();
  return Math.sqrt(value!);
}

/** New gradients, clipped by value or by the norm that they have. */
export function clip(
  gradients: readonly Tensor[],
  norm: number,
  { clipNorm = Infinity, clipValue }: GradientOptions,
): Tensor[] {
  return tidy(() => {
    if (clipValue !== undefined) return gradients.map((g) => clipByValue(g, -clipValue, clipValue));
    return gradients.map((g) => (norm > clipNorm ? mul(g, clipNorm / norm) : g.clone()));
  });
}

/** Weighted sum of the gradients of several batches; disposes the gradients that it receives. */
export class GradientSum {
  private sum: Tensor[] | undefined;

  add(gradients: Tensor[], weight: number): void {
    const before = this.sum;
    this.sum = tidy(() =>
      gradients.map((gradient, i) => {
        const own = weight === 1 ? gradient.clone() : mul(gradient, weight);
        return before === undefined ? own : add(before[i]!, own);
      }),
    );
    for (const tensor of [...gradients, ...(before ?? [])]) tensor.dispose();
  }

  /** Returns the sum and forgets it. */
  take(): Tensor[] {
    const { sum } = this;
    if (sum === undefined) throw new Error('GradientSum: nothing was added');
    this.sum = undefined;
    return sum;
  }

  dispose(): void {
    this.sum?.forEach((tensor) => tensor.dispose());
    this.sum = undefined;
  }
}
