// MobileNetV2 under torchvision's names; the expected names, shapes and numbers are those of torchvision 0.20, counted by hand.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadEncoderWeights, resnetUnet } from '@segloss/models';

import { torchName } from '../src/weights/weight-names';
import { useBackend } from './networks';

const network = (encoderWidth?: number) =>
  resnetUnet({
    ...{
      inputShape: [32, 64, 3],
      outputs: 1,
      encoder: 'mobilenetv2',
      decoderWidths: [4, 4, 4, 4, 4],
      seed: 1,
    },
    ...(encoderWidth !== undefined && { encoderWidth }),
  } as Parameters<typeof resnetUnet>[0]);

/** Names without `encoder.`, and shapes of PyTorch. */
function encoderWeights(model: ReturnType<typeof network>): Map<string, number[]> {
  const own = model.weights.filter((weight) => torchName(weight).startsWith('encoder.'));
  return new Map(
    own.map((weight) => {
      const shape = weight.shape as number[];
      const [h, w, channels, filters] = shape as [number, number, number, number];
      const torch = weight.originalName.endsWith('depthwise_kernel') ? [channels, filters, h, w] : [filters, channels, h, w]; // prettier-ignore
      return [torchName(weight).slice('encoder.'.length), shape.length === 4 ? torch : shape];
    }),
  );
}

describe('MobileNetV2', () => {
  beforeAll(() => useBackend('wasm'));

  it('has the weights of torchvision', () => {
    const weights = encoderWeights(network());
    const shapes: [string, number[]][] = [
      ['features.0.0.weight', [32, 3, 3, 3]],
      ['features.1.conv.0.0.weight', [32, 1, 3, 3]],
      ['features.1.conv.1.weight', [16, 32, 1, 1]],
      ['features.1.conv.2.running_var', [16]],
      ['features.2.conv.0.0.weight', [96, 16, 1, 1]],
      ['features.2.conv.1.0.weight', [96, 1, 3, 3]],
      ['features.2.conv.1.1.running_mean', [96]],
      ['features.2.conv.2.weight', [24, 96, 1, 1]],
      ['features.2.conv.3.bias', [24]],
      ['features.14.conv.1.0.weight', [576, 1, 3, 3]],
      ['features.17.conv.2.weight', [320, 960, 1, 1]],
      ['features.18.0.weight', [1280, 320, 1, 1]],
      ['features.18.1.weight', [1280]],
    ];
    for (const [name, shape] of shapes) expect([name, weights.get(name)]).toEqual([name, shape]);
    // 52 convolutions, and 52 normalizations of four arrays each.
    expect(weights.size).toBe(52 + 4 * 52);
    const trainable = [...weights].filter(([name]) => !name.includes('running_'));
    const count = trainable.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(count).toBe(2_223_872);
  });

  it('halves the size five times, and adds its input in ten blocks', () => {
    const model = network();
    const sums = model.layers.filter((layer) => layer.getClassName() === 'Add');
    expect(sums).toHaveLength(10);
    const last = model.layers.find(({ name }) => name === 'encoder.features.18.0')!;
    expect((last.output as { shape: unknown }).shape).toEqual([null, 1, 2, 1280]);
  });

  it('reads a file of weights, filters of single channels included', () => {
    const model = network(4);
    const shapes = encoderWeights(model);
    let end = 0;
    const header = Object.fromEntries(
      [...shapes].map(([name, shape]) => {
        const size = 4 * shape.reduce((a, b) => a * b, 1);
        return [name, { dtype: 'F32', shape, data_offsets: [end, (end += size)] }];
      }),
    );
    const text = new TextEncoder().encode(JSON.stringify(header));
    const bytes = new Uint8Array(8 + text.length + end);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    bytes.set(
      new Uint8Array(Float32Array.from({ length: end / 4 }, (_, i) => i % 1000).buffer),
      8 + text.length,
    );
    loadEncoderWeights(model, bytes);
    const name = 'features.2.conv.1.0.weight';
    const kernel = model.weights.find((weight) => torchName(weight) === `encoder.${name}`)!.read();
    const [, , channels] = kernel.shape as number[];
    const start = header[name]!.data_offsets[0]! / 4;
    const values = kernel.dataSync();
    // PyTorch's [channel, 0, y, x] is [y, x, channel, 0] here.
    for (const [channel, y, x] of [
      [0, 0, 0],
      [1, 2, 0],
      [channels! - 1, 1, 2],
    ] as const) {
      // prettier-ignore
      expect(values[(y * 3 + x) * channels! + channel]).toBe((start + channel * 9 + y * 3 + x) % 1000);
    }
  });
});
