import {
  customGrad,
  engine,
  zerosLike,
  type GradSaveFunc,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

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

/**
 * As {@link withGradient}, with a tensor that the forward pass leaves for the backward pass to write over. The forward pass is told whether a
 * gradient is being recorded. The backward pass receives the tensor once: when tfjs goes through the same operation again, as nested
 * gradients do, it receives undefined and starts from the logits.
 */
export function withReusedMemory<R extends Tensor>(
  logits: Tensor3D,
  others: readonly Tensor[],
  forward: (logits: Tensor3D, recording: boolean) => readonly [value: R, kept?: Tensor3D],
  backward: (dy: R, kept: Tensor3D | undefined, logits: Tensor3D, ...others: Tensor3D[]) => Tensor3D,
): R {
  const recording = isRecording();
  const op = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [z, save] = args as [Tensor3D, GradSaveFunc];
    const [value, kept] = forward(z, recording);
    save([z, ...others, ...(kept ? [kept] : [])]);
    let unused = kept !== undefined;
    return {
      value,
      gradFunc: (dy: R, saved: Tensor[]) => {
        const [first, ...rest] = saved.slice(0, 1 + others.length) as Tensor3D[];
        const reused = unused ? (saved[1 + others.length] as Tensor3D) : undefined;
        unused = false;
        return backward(dy, reused, first!, ...rest);
      },
    };
  });
  return op(logits) as R;
}

/** Whether tfjs records operations for a gradient; it does not within a kernel or a custom gradient's forward pass. */
function isRecording(): boolean {
  const { state } = engine() as unknown as { state: { gradientDepth: number; kernelDepth: number } };
  return state.gradientDepth > 0 && state.kernelDepth === 0;
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
