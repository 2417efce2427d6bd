import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { registerWasmKernels, wasmKernelNames, wasmKernelsSupported } from '@segloss/kernels';
import { backends, maxRelativeError, numbers, tensorLeaks } from '@segloss/testing';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
const title = wasm.missing === undefined ? 'kernels on wasm' : `kernels on wasm (skipped: ${wasm.missing})`;

type Pad = 'same' | 'valid' | number;
interface Case {
  batch: number;
  height: number;
  width: number;
  inputs: number;
  outputs: number;
  kernel: [number, number];
  stride: number;
  pad: Pad;
}

function cases(count: number): Case[] {
  const { pick } = numbers(7);
  const sizes = [1, 2, 3, 4, 5, 7, 8, 11, 16];
  const channels = [1, 2, 3, 4, 5, 8, 11, 12, 16, 19];
  const made: Case[] = [];
  while (made.length < count) {
    const one: Case = {
      batch: pick([1, 2, 3]),
      height: pick(sizes),
      width: pick(sizes),
      inputs: pick(channels),
      outputs: pick(channels),
      kernel: [pick([1, 2, 3, 5, 7]), pick([1, 2, 3, 5])],
      stride: pick([1, 1, 2, 3]),
      pad: pick<Pad>(['same', 'same', 'valid', 1, 2]),
    };
    const extra = typeof one.pad === 'number' ? 2 * one.pad : 0;
    // With a number as padding tfjs takes the filter's height for its width too, and its forward kernel then writes past its
    // output: such filters must be square here.
    const sound = typeof one.pad === 'string' || one.kernel[0] === one.kernel[1];
    const fits =
      one.pad === 'same' || (one.kernel[0] <= one.height + extra && one.kernel[1] <= one.width + extra);
    if (fits && sound) made.push(one);
  }
  return made;
}

/** Sums of products in float64, by the definition of a convolution. */
function reference(one: Case, x: Float32Array, w: Float32Array, dy: Float32Array) {
  const { batch, height, width, inputs, outputs, kernel, stride, pad } = one;
  const info = tf.backend_util.computeConv2DInfo(
    [batch, height, width, inputs],
    [...kernel, inputs, outputs],
    stride,
    1,
    pad,
    pad === 'same' || pad === 'valid' ? undefined : 'floor',
  );
  const y = new Float64Array(dy.length);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  const { outHeight, outWidth, padInfo } = info;
  for (let n = 0; n < batch; n++)
    for (let oy = 0; oy < outHeight; oy++)
      for (let ox = 0; ox < outWidth; ox++)
        for (let ky = 0; ky < kernel[0]; ky++)
          for (let kx = 0; kx < kernel[1]; kx++) {
            const [iy, ix] = [oy * stride + ky - padInfo.top, ox * stride + kx - padInfo.left];
            if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
            for (let ci = 0; ci < inputs; ci++)
              for (let co = 0; co < outputs; co++) {
                const xi = ((n * height + iy) * width + ix) * inputs + ci;
                const wi = ((ky * kernel[1] + kx) * inputs + ci) * outputs + co;
                const yi = ((n * outHeight + oy) * outWidth + ox) * outputs + co;
                const g = dy[yi]!;
                y[yi]! += x[xi]! * w[wi]!;
                dx[xi]! += g * w[wi]!;
                dw[wi]! += g * x[xi]!;
              }
          }
  return { info, y, dx, dw };
}

suite(title, () => {
  beforeAll(() => wasm.use());

  it('are registered once, under the names of tfjs', () => {
    registerWasmKernels();
    expect(wasmKernelsSupported()).toBe(true);
    for (const name of wasmKernelNames()) expect(tf.getKernel(name, 'wasm')).toBeDefined();
  });

  it.each([0, 1, 2, 3])('give convolutions and both their gradients as float64 sums do, part %i of 300 shapes', (part) => {
    const wrong: string[] = [];
    const random = numbers(11 + part).next;
    cases(300).filter((_, i) => i % 4 === part).forEach((one) => {
      const { batch, height, width, inputs, outputs, kernel, stride, pad } = one;
      const make = (length: number) => Float32Array.from({ length }, () => random() * 2 - 1);
      const x = make(batch * height * width * inputs);
      const w = make(kernel[0] * kernel[1] * inputs * outputs);
      const rounding = typeof pad === 'number' ? 'floor' as const : undefined;
      const shape = tf.backend_util.computeConv2DInfo([batch, height, width, inputs], [...kernel, inputs, outputs], stride, 1, pad, rounding).outShape;
      const dy = make(shape.reduce((a, b) => a * b, 1));
      const wanted = reference(one, x, w, dy);
      const bias = make(outputs);
      const [dx, dw, y, activated] = tf.tidy(() => {
        const f = (xs: tf.Tensor, ws: tf.Tensor) => tf.conv2d(xs as tf.Tensor4D, ws as tf.Tensor4D, stride, pad, 'NHWC', 1, rounding);
        const given = [tf.tensor4d(x, [batch, height, width, inputs]), tf.tensor4d(w, [...kernel, inputs, outputs])] as const;
        const grads = tf.grads(f)([...given], tf.tensor(dy, shape));
        const fused = tf.fused.conv2d({ x: given[0], filter: given[1], strides: stride, pad, bias: tf.tensor1d(bias), activation: 'relu', ...(rounding && { dimRoundingMode: rounding }) });
        return [...grads, f(...given), fused].map((result) => result.dataSync());
      });
      const wantedActivated = wanted.y.map((value, at) => Math.max(0, value + bias[at % outputs]!));
      const errors = [maxRelativeError(dx!, wanted.dx), maxRelativeError(dw!, wanted.dw), maxRelativeError(y!, wanted.y), maxRelativeError(activated!, wantedActivated)];
      // An output of a few values may be small by cancellation.
      const right = Math.max(errors[0]!, errors[1]!) < 2e-6 && Math.max(errors[2]!, errors[3]!) < 5e-6;
      if (!right) wrong.push(`${JSON.stringify(one)}: ${errors}`);
    });
    expect(wrong).toEqual([]);
  }); // prettier-ignore

  it.each([
    [2, 2, 'same'],
    [3, 2, 'same'],
    [2, 2, 'valid'],
    [4, 2, 'same'],
    [3, 1, 'same'],
  ] as const)(
    // prettier-ignore
    'give conv2dTranspose %ix%i %s and its gradients as the adjoint of conv2d',
    (size, stride, pad) => {
      const random = numbers(5).next;
      const y = tf.tensor4d(Array.from({ length: 2 * 6 * 8 * 5 }, random), [2, 6, 8, 5]);
      const w = tf.tensor4d(Array.from({ length: size * size * 3 * 5 }, random), [size, size, 3, 5]);
      const height = pad === 'same' ? 6 * stride : (6 - 1) * stride + size;
      const width = pad === 'same' ? 8 * stride : (8 - 1) * stride + size;
      const x = tf.tensor4d(Array.from({ length: 2 * height * width * 3 }, random), [2, height, width, 3]);
      const up = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, [2, height, width, 3], stride, pad);
      // <up(y), x> = <y, conv(x)>, and the gradients of that number are conv(x) and the same two-sided form in w.
      const left = tf.sum(tf.mul(up(y, w), x)).dataSync()[0]!;
      const conv = tf.conv2d(x, w, stride, pad);
      expect(left).toBeCloseTo(tf.sum(tf.mul(conv, y)).dataSync()[0]!, -1);
      const [dy, dw] = tf.grads((a, b) => tf.sum(tf.mul(up(a, b), x)))([y, w]);
      expect(maxRelativeError(dy!.dataSync(), conv.dataSync())).toBeLessThan(1e-5);
      const direct = tf.grad((b) => tf.sum(tf.mul(tf.conv2d(x, b as tf.Tensor4D, stride, pad), y)))(w);
      expect(maxRelativeError(dw!.dataSync(), direct.dataSync())).toBeLessThan(1e-5);
    },
  );

  it.each([
    [2, 2, 'same'],
    [2, 2, 'valid'],
    [3, 2, 'same'],
    [3, 1, 'same'],
    [3, 3, 'valid'],
  ] as const)(
    // prettier-ignore
    'give the max-pool gradient %ix%i %s also where every value is negative',
    (size, stride, pad) => {
      const random = numbers(3).next;
      const shape: [number, number, number, number] = [2, 7, 9, 3];
      const x = Array.from({ length: 2 * 7 * 9 * 3 }, () => -1 - random());
      const info = tf.backend_util.computePool2DInfo(shape, size, stride, 1, pad);
      const dy = Array.from({ length: info.outShape.reduce((a, b) => a * b, 1) }, () => random());
      const wanted = new Float64Array(x.length);
      for (let n = 0; n < 2; n++)
        for (let oy = 0; oy < info.outHeight; oy++)
          for (let ox = 0; ox < info.outWidth; ox++)
            for (let c = 0; c < 3; c++) {
              let best = -1;
              for (let ky = 0; ky < size; ky++)
                for (let kx = 0; kx < size; kx++) {
                  const [iy, ix] = [
                    oy * stride + ky - info.padInfo.top,
                    ox * stride + kx - info.padInfo.left,
                  ];
                  if (iy < 0 || ix < 0 || iy >= 7 || ix >= 9) continue;
                  const at = ((n * 7 + iy) * 9 + ix) * 3 + c;
                  if (best < 0 || x[at]! > x[best]!) best = at;
                }
              wanted[best]! += dy[((n * info.outHeight + oy) * info.outWidth + ox) * 3 + c]!;
            }
      const grad = tf.grad((z) => tf.maxPool(z as tf.Tensor4D, size, stride, pad))(
        tf.tensor4d(x, shape),
        tf.tensor4d(dy, info.outShape as typeof shape),
      );
      expect(maxRelativeError(grad.dataSync(), wanted)).toBeLessThan(1e-6);
    },
  );

  it.each([
    [1, 1, 1, true],
    [2, 3, 5, true],
    [3, 7, 8, false],
    [2, 11, 19, true],
  ] as const)(
    'give batch normalization and its gradients of %i images, size %i, %i channels (scale and offset: %s) as float64 sums do',
    (batch, size, channels, affine) => {
      const random = numbers(13).next;
      const rows = batch * size * size;
      const make = (length: number, from: number) => Float32Array.from({ length }, () => from + random());
      const [x, dy] = [make(rows * channels, 5), make(rows * channels, -0.5)];
      const [mean, variance] = [make(channels, 5), make(channels, 0.1)];
      const [offset, scale] = [make(channels, -0.5), make(channels, 0.5)];
      const [wantedY, wantedX] = [new Float64Array(x.length), new Float64Array(x.length)];
      const [wantedMean, wantedVariance, wantedOffset, wantedScale] = [0, 0, 0, 0].map(
        () => new Float64Array(channels),
      ) as [Float64Array, Float64Array, Float64Array, Float64Array];
      x.forEach((value, i) => {
        const c = i % channels;
        const deviation = Math.sqrt(variance[c]! + 1e-3);
        const factor = (affine ? scale[c]! : 1) / deviation;
        const centered = value - mean[c]!;
        wantedY[i] = centered * factor + (affine ? offset[c]! : 0);
        wantedX[i] = dy[i]! * factor;
        wantedMean[c]! -= dy[i]! * factor;
        wantedVariance[c]! -= (0.5 * dy[i]! * centered * factor) / deviation ** 2;
        wantedScale[c]! += (dy[i]! * centered) / deviation;
        wantedOffset[c]! += dy[i]!;
      });
      const f = (a: tf.Tensor, m: tf.Tensor, v: tf.Tensor, o?: tf.Tensor, s?: tf.Tensor) =>
        tf.batchNorm(a as tf.Tensor4D, m as tf.Tensor1D, v as tf.Tensor1D, o as tf.Tensor1D, s as tf.Tensor1D, 1e-3); // prettier-ignore
      const shape = [batch, size, size, channels];
      const args = [tf.tensor(x, shape), ...[mean, variance, ...(affine ? [offset, scale] : [])].map((values) => tf.tensor1d(values))]; // prettier-ignore
      const wanted = [wantedX, wantedMean, wantedVariance, wantedOffset, wantedScale];
      expect(maxRelativeError(f(...(args as [tf.Tensor, tf.Tensor, tf.Tensor])).dataSync(), wantedY)).toBeLessThan(2e-6); // prettier-ignore
      if (!affine) return; // without a scale, tfjs-core itself cannot save what the gradient needs
      const grads = tf.grads(f as (...inputs: tf.Tensor[]) => tf.Tensor)(args, tf.tensor(dy, shape));
      grads.forEach((grad, i) => expect(maxRelativeError(grad.dataSync(), wanted[i]!)).toBeLessThan(5e-6));
    },
  );

  it.each([[[1, 1]], [[3, 5]], [[8, 16]], [[4, 7, 2]], [[19, 4]]])(
    'join channels %j and split them again, and leave other axes to tfjs',
    (sizes) => {
      const parts = sizes.map((size, p) =>
        tf.tensor4d(
          Array.from({ length: 30 * size }, (_, i) => 1000 * p + i),
          [2, 3, 5, size],
        ),
      );
      const joined = tf.concat(parts, -1);
      const rows = parts.map((part) => tf.reshape(part, [30, part.shape[3]!]).arraySync() as number[][]);
      const wanted = rows[0]!.map((_, r) => rows.flatMap((part) => part[r]!));
      expect(joined.shape).toEqual([2, 3, 5, sizes.reduce((a, b) => a + b)]);
      expect(Array.from(joined.dataSync())).toEqual(wanted.flat());
      const halves = tf.split(joined, sizes, 3);
      halves.forEach((half, i) => expect(half.arraySync()).toEqual(parts[i]!.arraySync()));
      const stacked = tf.concat([tf.zeros([1, 2]), tf.ones([2, 2])], 0);
      expect(stacked.arraySync()).toEqual([[0, 0], [1, 1], [1, 1]]); // prettier-ignore
      expect(() => tf.concat([tf.zeros([2, 1]), tf.zeros([3, 1])], 1)).toThrow();
    },
  );

  it('sum the rows of a long tensor without drift', () => {
    const x = tf.fill([1 << 20, 3], 0.1);
    const sums = tf.sum(x, 0).dataSync();
    const wanted = Math.fround(0.1) * (1 << 20);
    for (const value of sums) expect(Math.abs(value - wanted) / wanted).toBeLessThan(1e-7);
    expect(tf.sum(tf.ones([2, 3, 4]), [0, 1]).arraySync()).toEqual([6, 6, 6, 6]);
    expect(tf.sum(tf.ones([2, 3, 4]), [0, 1], true).shape).toEqual([1, 1, 4]);
    expect(tf.sum(tf.ones([2, 3, 4]), 1).arraySync()).toEqual([[3, 3, 3, 3], [3, 3, 3, 3]]); // prettier-ignore
    expect(tf.sum(tf.ones([2, 3, 4])).arraySync()).toBe(24);
    expect(tf.sum(tf.cast(tf.ones([2, 3]), 'int32'), 0).dtype).toBe('int32');
  });

  it('share the data of a clone, which outlives the original', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const y = tf.clone(x);
    x.dispose();
    expect(y.arraySync()).toEqual([1, 2, 3]);
    y.dispose();
  });

  const network = () => {
    const seeded = (seed: number) => ({ kernelInitializer: initializers.glorotNormal({ seed }), name: `conv${seed}` }); // prettier-ignore
    return sequential({
      layers: [
        layers.conv2d({ filters: 5, kernelSize: 3, padding: 'same', inputShape: [6, 6, 2], ...seeded(1) }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.conv2dTranspose({ filters: 4, kernelSize: 2, strides: 2, ...seeded(2) }),
        layers.conv2d({ filters: 1, kernelSize: 1, ...seeded(3) }),
      ],
    });
  };

  it('give a whole network the gradients that finite differences give', () => {
    const model = network();
    const random = numbers(9).next;
    const x = tf.tensor4d(Array.from({ length: 72 }, random), [1, 6, 6, 2]);
    const loss = () => tf.mean(tf.square(model.apply(x, { training: true }) as tf.Tensor)) as tf.Scalar;
    const { grads } = tf.variableGrads(loss);
    for (const weight of model.trainableWeights) {
      const variable = weight.read() as tf.Variable;
      const values = variable.dataSync().slice();
      const grad = Object.entries(grads)
        .find(([, g]) => g.shape.join() === variable.shape.join())![1]
        .dataSync();
      const at = Math.floor(values.length / 2);
      const moved = (step: number) => {
        const shifted = values.slice();
        shifted[at]! += step;
        variable.assign(tf.tensor(shifted, variable.shape));
        return loss().dataSync()[0]!;
      };
      const difference = (moved(2 ** -8) - moved(-(2 ** -8))) / 2 ** -7; // small: another maximum of a pool turns the slope
      variable.assign(tf.tensor(values, variable.shape));
      expect(Math.abs(difference - grad[at]!)).toBeLessThan(0.02 * Math.max(...grad.map(Math.abs)) + 1e-3);
    }
  });

  it('leave no tensor behind, and go on when the memory has grown', () => {
    const model = network();
    const step = (size: number) => {
      const { value, grads } = tf.variableGrads(
        () => tf.mean(model.apply(tf.ones([size, 6, 6, 2]), { training: true }) as tf.Tensor) as tf.Scalar,
      );
      tf.dispose([value, grads]);
      return value;
    };
    const count = () => tensorLeaks(() => tf.tidy(() => void step(2)));
    count();
    expect(count()).toBe(0);
    const large = tf.zeros([32 * 1024 * 1024]); // 128 MiB: more than the heap at the start
    expect(count()).toBe(0);
    large.dispose();
  });

  it('say what they cannot do', () => {
    const x = tf.zeros([1, 4, 4, 2], 'int32');
    const dy = tf.zeros([1, 4, 4, 2]);
    const run = () =>
      tf
        .engine()
        .runKernel(
          'Conv2DBackpropFilter',
          { x, dy },
          { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 2, 2] },
        );
    expect(run).toThrow('Conv2DBackpropFilter: wanted x to be float32, got int32');
  });
});
