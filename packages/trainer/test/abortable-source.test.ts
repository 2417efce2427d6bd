import { getMaxListeners } from 'node:events';

import { expect, it } from '@jest/globals';
import type { SampleSource } from '@segloss/data';

import { abortableSource } from '../src/run/abortable';

it('lets any number of loads wait for one signal: Node warns of more than ten listeners otherwise', async () => {
  const { signal } = new AbortController();
  const source = { id: 'a', load: async () => 'sample' } as unknown as SampleSource;
  expect(await abortableSource(source, signal).load()).toBe('sample');
  expect(getMaxListeners(signal)).toBe(Infinity);
});
