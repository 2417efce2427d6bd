import {
  customGrad,
  gather,
  reshape,
  scatterND,
  tensor1d,
  tidy,
  type GradSaveFunc,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';

/**
 * The values at the given places, one list after the other. The gradient adds up what comes from each place; it uses scatterND, which
 * every backend has (that of tf.gather does not).
 */
export function gatherPixels(x: Tensor1D, lists: readonly Int32Array[]): Tensor1D {
  const places = concatenated(lists);
  const op = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [given, save] = args as [Tensor1D, GradSaveFunc];
    save([]);
    return {
      value: gather(given, tensor1d(places, 'int32')),
      gradFunc: (dy: Tensor) =>
        tidy(() => scatterND(reshape(tensor1d(places, 'int32'), [places.length, 1]), dy, [x.size])),
    };
  });
  return op(x) as Tensor1D;
}

function concatenated(lists: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(lists.reduce((total, { length }) => total + length, 0));
  let start = 0;
  for (const list of lists) {
    all.set(list, start);
    start += list.length;
  }
  return all;
}
