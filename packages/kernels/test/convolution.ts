/** Sizes of a convolution; in 2-D the first of each triple is 1, the padding 0. */
export interface Sizes {
  batch: number;
  input: readonly [number, number, number];
  inputs: number;
  output: readonly [number, number, number];
  outputs: number;
  filter: readonly [number, number, number];
  stride: readonly [number, number, number];
  dilation: readonly [number, number, number];
  /** Before the first value of each axis. */
  pad: readonly [number, number, number];
  /** Filters for each input channel, whose outputs lie side by side. Default: a filter for all channels together. */
  multiplier?: number;
}

export const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** What padding "same" puts before the first value: half of what is wanted, by the rule of TensorFlow. */
export function samePadding(input: number, filter: number, stride: number, dilation: number): number {
  const reach = (filter - 1) * dilation + 1;
  return Math.floor(Math.max(0, (Math.ceil(input / stride) - 1) * stride + reach - input) / 2);
}

/** A convolution and its two gradients in float64, by the definition: one product after the other. */
export function convolution(s: Sizes, x: ArrayLike<number>, w: ArrayLike<number>, dy: ArrayLike<number>) {
  const y = new Float64Array(s.batch * size(s.output) * s.outputs);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  const at = (shape: readonly number[], place: readonly number[]) =>
    place.reduce((index, i, axis) => index * shape[axis]! + i, 0);
  for (let n = 0; n < s.batch; n++) {
    eachPlace(s.output, (o) => {
      eachPlace(s.filter, (k) => {
        const i = o.map(
          (value, axis) => value * s.stride[axis]! + k[axis]! * s.dilation[axis]! - s.pad[axis]!,
        );
        if (i.some((value, axis) => value < 0 || value >= s.input[axis]!)) return;
        const tap = at(s.filter, k);
        const inAt = at([s.batch, ...s.input], [n, ...i]) * s.inputs;
        const outAt = at([s.batch, ...s.output], [n, ...o]) * s.outputs;
        const perInput = s.multiplier ?? s.outputs;
        for (let ci = 0; ci < s.inputs; ci++)
          for (let j = 0; j < perInput; j++) {
            const wi = (tap * s.inputs + ci) * perInput + j;
            const yi = outAt + (s.multiplier === undefined ? j : ci * perInput + j);
            y[yi]! += x[inAt + ci]! * w[wi]!;
            dx[inAt + ci]! += dy[yi]! * w[wi]!;
            dw[wi]! += dy[yi]! * x[inAt + ci]!;
          }
      });
    });
  }
  return { y, dx, dw };
}

/** Every place of a grid of three axes, row by row. */
export function eachPlace(sizes: readonly [number, number, number], visit: (place: number[]) => void): void {
  for (let z = 0; z < sizes[0]; z++)
    for (let y = 0; y < sizes[1]; y++) for (let x = 0; x < sizes[2]; x++) visit([z, y, x]);
}
