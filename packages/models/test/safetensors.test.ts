import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { maxError } from '@segloss/testing';
import {
  loadEncoderWeights,
  loadTorchWeights,
  readSafetensors,
  resnetFpn,
  resnetUnet,
  unet,
  type StoredTensor,
} from '@segloss/models';

import { partsOf, torchName } from '../src/weights/weight-names';
import { narrowFile, useBackend, weightsOf } from './networks';

/** A file with this header and this data. */
function file(header: unknown, data: Uint8Array | ArrayBufferView = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 8 + text.length);
  return bytes;
}

/** A file of float32 tensors. */
function fileOf(tensors: Record<string, { shape: readonly number[]; values: Float32Array }>): Uint8Array {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { shape, values }]) => {
    const data_offsets = [end, (end += values.byteLength)];
    return [name, { dtype: 'F32', shape, data_offsets }] as const;
  });
  const data = new Float32Array(end / 4);
  let at = 0;
  for (const { values } of Object.values(tensors)) {
    data.set(values, at);
    at += values.length;
  }
  return file(Object.fromEntries(entries), data);
}

describe('readSafetensors', () => {
  const tensor = (dtype: string, shape: number[], data: ArrayBufferView, pad = '') =>
    readSafetensors(
      file(JSON.stringify({ t: { dtype, shape, data_offsets: [0, data.byteLength] } }) + pad, data),
    ).get('t')!;

  it.each(['', ' ', '  ', '   ', '       '])(
    'reads every type, aligned or not (%j behind the header)',
    (pad) => {
      expect(tensor('F32', [2], new Float32Array([1.5, -3]), pad).values).toEqual(
        new Float32Array([1.5, -3]),
      );
      expect(tensor('F64', [1, 1], new Float64Array([Math.PI]), pad).values).toEqual(
        new Float64Array([Math.PI]),
      );
      const integers = new BigInt64Array([-5n, 2n ** 40n]);
      expect(tensor('I64', [2], integers, pad).values).toEqual(integers);
      expect(tensor('BF16', [3], new Uint16Array([0x3f80, 0xc049, 0x7f80]), pad).values).toEqual(
        new Float32Array([1, -3.140625, Infinity]),
      );
      expect(tensor('F32', [], new Float32Array([7]), pad).shape).toEqual([]);
      expect(tensor('F32', [0, 3], new Float32Array(0), pad).values).toHaveLength(0);
    },
  );

  it('reads half precision as IEEE 754 has it, every one of the 65536', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const { values } = tensor('F16', [65536], all);
    const wrong = Array.from(all).filter((bits) => {
      const exponent = (bits >> 10) & 31;
      const fraction = bits & 1023;
      const size =
        exponent === 31
          ? fraction === 0
            ? Infinity
            : NaN
          : exponent === 0
            ? fraction * 2 ** -24
            : (1 + fraction / 1024) * 2 ** (exponent - 15);
      return !Object.is((values as Float32Array)[bits], bits & 0x8000 ? -size : size);
    });
    expect(wrong.map((bits) => bits.toString(16))).toEqual([]);
  });

  it('gives the tensors in the order of their bytes, without the metadata', () => {
    const header = {
      b: { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
      __metadata__: { format: 'pt' },
      a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    };
    const read = readSafetensors(file(header, new Float32Array([1, 2])));
    expect([...read].map(([name, { values }]) => [name, values[0]])).toEqual([['a', 1], ['b', 2]]); // prettier-ignore
    expect(readSafetensors(file('{}')).size).toBe(0);
  });

  const one = (changes: object) => ({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...changes } });
  const two = new Float32Array(2);
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(3), 'wanted at least 8 bytes, got 3'],
    [
      'a header longer than the file',
      file('{}').subarray(0, 9),
      'wanted a header of 2 bytes, got a file of 9',
    ],
    ['an absurd length', new Uint8Array(16).fill(255), 'got a file of 16'],
    ['no JSON', file('{"w":'), 'its header is not JSON'],
    ['no UTF-8', file('{}').map((byte, i) => (i === 8 ? 255 : byte)), 'its header is not JSON'],
    ['no object', file('[1]'), 'its header is wrong'],
    ['null', file('null'), 'its header is wrong'],
    ['an unknown type', file(one({ dtype: 'F8_E4M3' }), two), 'its header is wrong at w.dtype'],
    ['a negative size', file(one({ shape: [-2] }), two), 'its header is wrong at w.shape.0'],
    ['a fraction of a size', file(one({ shape: [1.5] }), two), 'its header is wrong at w.shape.0'],
    [
      'missing offsets',
      file({ w: { dtype: 'F32', shape: [2] } }, two),
      'its header is wrong at w.data_offsets',
    ],
    [
      'a shape of another size',
      file(one({ shape: [3] }), two),
      'wanted 12 bytes for w, F32 [3], got offsets [0, 8]',
    ],
    ['offsets in reverse', file(one({ shape: [0], data_offsets: [8, 4] }), two), 'got offsets [8, 4]'],
    [
      'offsets past the end',
      file(one({ shape: [4], data_offsets: [0, 16] }), two),
      'wanted 16 bytes of tensors, got 8',
    ],
    [
      'a gap',
      file(one({ shape: [1], data_offsets: [4, 8] }), two),
      'wanted w to begin where the one before ends, at 0, got 4',
    ],
    [
      'an overlap',
      file({ ...one({}), v: { dtype: 'F32', shape: [2], data_offsets: [4, 12] } }, new Float32Array(3)),
      'wanted v to begin where the one before ends, at 8, got 4',
    ],
    ['bytes left over', file(one({}), new Float32Array(3)), 'wanted 8 bytes of tensors, got 12'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(RangeError);
    expect(() => readSafetensors(bytes)).toThrow(
      /^readSafetensors: .*; is the file complete, and a \.safetensors file\?$/s,
    );
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  it('refuses what is not bytes, and says how to get them from a path', () => {
    expect(() => readSafetensors('weights.safetensors' as never)).toThrow(
      new TypeError(
        'readSafetensors: wanted the bytes of a file (Uint8Array), got weights.safetensors; ' +
          'read the file first, in Node with readFileSync(path)',
      ),
    );
    expect(() => readSafetensors(3 as never)).toThrow(TypeError);
  });
});

describe('weights of torchvision', () => {
  const narrow = {
    outputs: 1,
    encoder: 'resnet50',
    encoderWidth: 2,
    decoderWidths: [8, 4, 4, 4, 2],
  } as const;
  const network = (channels = 3, seed = 0) => resnetUnet({ inputShape: [32, 32, channels], ...narrow, seed });
  let whole: Map<string, StoredTensor>;
  let encoder: Record<string, { shape: readonly number[]; values: Float32Array }>;
  beforeAll(() => {
    whole = readSafetensors(narrowFile('unet-resnet50'));
    const own = [...whole].filter(([name, { dtype }]) => name.startsWith('encoder.') && dtype !== 'I64');
    encoder = Object.fromEntries(
      own.map(([name, { shape, values }]) => [
        name.slice('encoder.'.length),
        { shape, values: values as Float32Array },
      ]),
    );
  });
  beforeEach(() => useBackend('cpu'));
  const valuesOf = (model: ReturnType<typeof network>, name: string) =>
    model.weights.find((weight) => torchName(weight) === name)!.read();

  it('reach the encoder and leave the decoder as the seed drew it; fc and counters do not matter', () => {
    const [given, drawn] = [network(), network()];
    const more = {
      ...encoder,
      'fc.weight': { shape: [1000, 1], values: new Float32Array(1000) },
      'bn1.num_batches_tracked': { shape: [], values: new Float32Array(1) },
    };
    loadEncoderWeights(given, fileOf(more));
    given.weights.forEach((weight, i) => {
      const { layer, kind } = partsOf(weight);
      const same = weight.read().dataSync().join() === drawn.weights[i]!.read().dataSync().join();
      if (layer.startsWith('encoder.') && kind !== 'moving_mean') expect(same).toBe(false);
      if (!layer.startsWith('encoder.')) expect(same).toBe(true);
    });
    const kernel = valuesOf(given, 'encoder.layer2.0.conv2.weight');
    const [height, width, channels, filters] = kernel.shape as number[];
    const stored = encoder['layer2.0.conv2.weight']!;
    expect(stored.shape).toEqual([filters, channels, height, width]);
    const at = (o: number, i: number, y: number, x: number) =>
      stored.values[((o * channels! + i) * height! + y) * width! + x];
    const got = kernel.arraySync() as number[][][][];
    expect(got[0]![2]![1]![3]).toBe(at(3, 1, 0, 2));
    expect(got[2]![1]![0]![2]).toBe(at(2, 0, 2, 1));
  });

  it('are those that encoderWeights gives, whatever the seed', async () => {
    const loaded = network();
    loadEncoderWeights(loaded, fileOf(encoder));
    const options = { inputShape: [32, 32, 3], ...narrow, encoderWeights: fileOf(encoder) } as const;
    expect(weightsOf(resnetUnet(options))).toBe(weightsOf(loaded));
  });

  it('of RGB are summed for one channel, and repeated for others at the same strength', () => {
    const filters = encoder['conv1.weight']!;
    const stored = (o: number, i: number, p: number) => filters.values[(o * 3 + i) * 49 + p]!;
    for (const channels of [1, 2, 5]) {
      const model = network(channels);
      loadEncoderWeights(model, fileOf(encoder));
      const kernel = valuesOf(model, 'encoder.conv1.weight');
      expect(kernel.shape).toEqual([7, 7, channels, 2]);
      const expected = Array.from({ length: 49 * channels * 2 }, (_, at) => {
        const [p, i, o] = [Math.floor(at / (channels * 2)), Math.floor(at / 2) % channels, at % 2];
        return channels === 1
          ? stored(o, 0, p) + stored(o, 1, p) + stored(o, 2, p)
          : (stored(o, i % 3, p) * 3) / channels;
      });
      expect(maxError(kernel.dataSync(), expected)).toBeLessThan(1e-6);
    }
  });

  it('that do not fit are listed, all of them, and none is written', async () => {
    const wrong: typeof encoder = {
      ...encoder,
      'bn1.bias': { shape: [3], values: new Float32Array(3) },
      'layer9.0.conv1.weight': { shape: [1], values: new Float32Array(1) },
    };
    delete wrong['layer1.0.conv1.weight'];
    const model = network();
    const before = weightsOf(model);
    expect(() => loadEncoderWeights(model, fileOf(wrong))).toThrow(
      new RangeError(
        [
          'loadEncoderWeights: the weights do not fit the model:',
          '  wanted bn1.bias [2], got F32 [3]',
          '  missing layer1.0.conv1.weight [2,2,1,1]',
          '  unused layer9.0.conv1.weight [1]',
          'give those of the same network, or build the model with the options of these',
        ].join('\n'),
      ),
    );
    expect(weightsOf(model)).toBe(before);
  });

  it('need a model with such an encoder, of the same depth', () => {
    const plain = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [1] });
    expect(() => loadEncoderWeights(plain, fileOf(encoder))).toThrow(
      'wanted a model with an encoder of torchvision',
    );
    const other = resnetFpn({
      inputShape: [32, 32, 3],
      outputs: 1,
      encoder: 'resnet34',
      encoderWidth: 2,
      segmentationChannels: 32,
    });
    expect(() => loadEncoderWeights(other, fileOf(encoder))).toThrow(
      /wanted layer1\.0\.conv1\.weight \[2,2,3,3\], got F32 \[2,2,1,1\][^]*unused layer1\.0\.conv3/,
    );
    expect(() => loadTorchWeights(other, narrowFile('unet-resnet50'))).toThrow(
      'missing decoder.p5.weight [256,16,1,1]',
    );
  });
});
