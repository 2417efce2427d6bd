import { customGrad, zerosLike, type GradSaveFunc, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';

/**
 * An operation on the logits with a gradient of its own. Only the logits get one; `others` are kept for the backward
 * pass, which receives the derivative by the output, then the logits and the others.
 */
export function withGradient<R extends Tensor>(
  logits: Tensor3D,
  others: readonly Tensor[],
  forward: (logits: Tensor3D) => R,
  backward: (dy: R, logits: Tensor3D, ...others: Tensor3D[]) => Tensor3D,
): R {
  const op = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [z, save] = args as [Tensor3D, GradSaveFunc];
    save([z, ...others]);
    return {
      value: forward(z),
      gradFunc: (dy: R, saved: Tensor[]) => {
        const [kept, ...rest] = saved as Tensor3D[];
        return backward(dy, kept!, ...rest);
      },
    };
  });
  return op(logits) as R;
}

/** `f(x)` as a constant: no gradient flows back to x. */
export function withoutGradient<R extends Tensor>(x: Tensor, f: (x: Tensor) => R): R {
  const op = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [given, save] = args as [Tensor, GradSaveFunc];
    save([given]);
    return { value: f(given), gradFunc: (_dy: R, saved: Tensor[]) => zerosLike(saved[0]!) };
  });
  return op(x) as R;
}
