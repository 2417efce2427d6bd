import { describe, expect, it } from '@jest/globals';
import '@segloss/kernels/cpu';
import '@segloss/kernels/wasm';
import { runExample } from '@segloss/testing';
import { parseConfig } from '@segloss/trainer';
import * as tf from '@tensorflow/tfjs-core';
import { parse } from 'yaml';

import { syntheticTrainData, trainJob } from '../src/core/train-job.js';
import { codeOf } from '../src/state/code.js';
import { DEFAULTS, type State } from '../src/state/state.js';

/** What the TypeScript of a state prints. */
async function printed(more: Partial<State>): Promise<string[]> {
  const lines: string[] = [];
  const console = { log: (...all: unknown[]) => lines.push(all.join(' ')) };
  await runExample(codeOf({ ...DEFAULTS, ...more }).typescript, { console }, require);
  return lines;
}

describe('the code of a screen', () => {
  it('of the losses prints the least of each penalty', async () => {
    await tf.setBackend('cpu'); // without the kernels of wasm it is the only one
    const lines = await printed({
      losses: ['ce', 'dice', 'formula: 1 - (2*overlap + 1)/(target + predicted + 1)'],
    });
    expect(lines).toEqual([
      expect.stringMatching(/^ce penalty least at p = 0\.02 marginal force -?[\d.e-]+$/),
      expect.stringMatching(/^dice penalty least at p = 0\.001 marginal force/),
      expect.stringMatching(/^own-1 no penalty in closed form marginal force/),
    ]);
  });

  it('of a training prints its numbers', async () => {
    const settings = { spec: 'ce + l1', epochs: 2, seed: 4 };
    const lines = await printed({ tab: 'train', train: settings.spec, epochs: 2, seed: 4 });
    await tf.setBackend('wasm');
    const expected: string[] = [];
    const job = trainJob(settings, await syntheticTrainData());
    for (let step = await job.next(); !step.done; step = await job.next()) {
      const { epoch, soft, hard } = step.value;
      expected.push(`epoch ${epoch + 1}: predicted over true size ${soft} soft, ${hard} hard`);
    }
    expect(lines).toEqual(expected);
  });

  it.each([{}, { tab: 'card' }, { tab: 'train', backend: 'wasm', epochs: 3 }] as const)(
    'is YAML that segloss train reads: %j',
    (more) => {
      const state = { ...DEFAULTS, ...more };
      const config = parseConfig(parse(codeOf(state).yaml) as object);
      expect(config.model.name).toBe('unet');
      if (state.tab === 'train') {
        const { loss, epochs, seed, backend, batchSize } = config;
        expect({ loss, epochs, seed, backend, batchSize }).toEqual({ loss: 'dice', epochs: 3, seed: 1, backend: 'wasm', batchSize: 8 }); // prettier-ignore
      }
    },
  );

  it('is refused for a formula that cannot be read, and one that is to be trained', () => {
    expect(() => codeOf({ ...DEFAULTS, tab: 'card', card: 'formula: overlap +' })).toThrow('wanted a number');
    expect(() => codeOf({ ...DEFAULTS, tab: 'train', train: 'formula: overlap' })).toThrow('got a formula');
  });
});
