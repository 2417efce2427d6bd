import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { setBackend } from '@tensorflow/tfjs-core';

import {
  documentedLoss,
  documentedNames,
  documentedPage,
  type DocumentedLoss,
} from '../../apps/benchmark/src/card/docs.js';
import { type Generator } from './generator.js';
import { type Inputs } from './input-hash.js';

export const biasCardInputs: Inputs = { files: ['apps/benchmark/src/card/docs.ts'], packages: true };

/** docs/bias: the region sizes that each registered loss prefers, as a table and drawings. */
export const biasCards: Generator = {
  name: 'bias',
  slow: { inputs: biasCardInputs, seconds: 180 },
  checkedBy: 'test/bias-cards.1of3.test.ts',
  folder: { path: 'docs/bias', others: [] },
  async generate() {
    await setBackend('cpu');
    const losses: DocumentedLoss[] = [];
    for (const name of documentedNames()) {
      console.error(`bias: ${name}`);
      losses.push(await documentedLoss(name));
    }
    return new Map([
      ['docs/bias/README.md', documentedPage(losses)],
      ...losses.map(({ name, svg }) => [`docs/bias/${name}.svg`, svg] as const),
    ]);
  },
};
