import { beforeAll, describe, expect, it } from '@jest/globals';
import { mixOutputSigns, unet } from '@segloss/models';
import { setBackend } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';

beforeAll(() => setBackend('cpu'));

/** Weights of the last convolution of the default network of a training on a folder. */
function headOf(seed: number, outputs = 1) {
  const model = unet({ inputShape: [16, 16, 3], outputs, widths: [8, 16, 32, 64, 128], norm: 'batch', seed });
  const read = () => [...model.getWeights().find(({ shape }) => shape[0] === 1 && shape.length === 4)!.dataSync()]; // prettier-ignore
  return { model, read };
}

describe('mixOutputSigns', () => {
  it('mirrors every second weight where all are negative, as with seed 3', () => {
    const { model, read } = headOf(3);
    const before = read();
    expect(Math.max(...before)).toBeLessThan(0);
    expect(mixOutputSigns(model)).toBe(true);
    expect(read()).toEqual(before.map((weight, i) => (i % 2 === 0 ? weight : -weight)));
  });

  it.each([0, 1, 2, 4])('changes nothing where the signs differ, as with seed %i', (seed) => {
    const { model, read } = headOf(seed);
    const before = read();
    expect(mixOutputSigns(model)).toBe(false);
    expect(read()).toEqual(before);
  });

  it('leaves weights of zero alone', () => {
    const dense = layers.dense({ inputShape: [3], units: 1, kernelInitializer: 'zeros' });
    expect(mixOutputSigns(sequential({ layers: [dense] }))).toBe(false);
    expect([...dense.getWeights()[0]!.dataSync()]).toEqual([0, 0, 0]); // toEqual tells -0 from 0
  });

  it('leaves several outputs alone, and finds the last layer with weights', () => {
    const two = headOf(3, 2);
    expect(mixOutputSigns(two.model)).toBe(false);
    const dense = layers.dense({ inputShape: [3], units: 1, kernelInitializer: 'ones' });
    const model = sequential({ layers: [dense, layers.reshape({ targetShape: [1] })] });
    expect(mixOutputSigns(model)).toBe(true);
    expect([...dense.getWeights()[0]!.dataSync()]).toEqual([1, -1, 1]);
  });
});
