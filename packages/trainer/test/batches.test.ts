import { describe, expect, it } from '@jest/globals';
import { type Sample, type SampleSource } from '@segloss/data';

import { inGroups, loadGroups } from '../src/loop/batches';

/** Sources that count their loads; each image has the given number of values. */
function counted(count: number, values: number) {
  const asked: string[] = [];
  const sources = Array.from({ length: count }, (_, i): SampleSource => ({
    id: String(i),
    async load(): Promise<Sample> {
      asked.push(String(i));
      return { id: String(i), width: 1, height: 1, channels: values, image: new Float32Array(values), mask: new Uint8Array(1) };
    },
  })); // prettier-ignore
  return { asked, sources };
}

describe('loadGroups', () => {
  it.each([
    ['two groups of small images', 1, [6, 8, 10, 10, 10]],
    ['one group of large ones', 2 ** 22 + 1, [4, 6, 8, 10, 10]],
  ])('reads %s ahead', async (_, values, wanted) => {
    const { asked, sources } = counted(10, values);
    const seen: number[] = [];
    const ids: string[] = [];
    for await (const samples of loadGroups(inGroups(sources, 2))) {
      seen.push(asked.length);
      ids.push(...samples.map(({ id }) => id));
    }
    expect(seen).toEqual(wanted);
    expect(ids).toEqual(sources.map(({ id }) => id));
    expect(asked).toEqual(ids);
  });

  it('throws what a source is refused for when its turn comes', async () => {
    const { sources } = counted(6, 1);
    const refused: SampleSource = { id: 'x', load: () => Promise.reject(new Error('gone')) };
    const seen: number[] = [];
    const all = (async () => {
      for await (const { length } of loadGroups(inGroups([...sources, refused], 3))) seen.push(length);
    })();
    await expect(all).rejects.toThrow('gone');
    expect(seen).toEqual([3, 3]);
  });
});
