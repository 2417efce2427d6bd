import { describe, expect, it } from '@jest/globals';

import { DataError, isBuiltIn, loadAll, openBuiltIn } from '../src/index';

/** Mean share of foreground over all pixels, counted here. */
async function foreground(sources: Awaited<ReturnType<typeof openBuiltIn>>['train']): Promise<number> {
  const samples = await loadAll(sources);
  const shares = samples.map(
    ({ mask }) => mask.reduce((sum, label) => sum + (label === 1 ? 1 : 0), 0) / mask.length,
  );
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

describe('built-in data sets', () => {
  it.each([
    ['demo', 64, 32, 64, 0.01, 0.05],
    ['demo:rare', 48, 48, 32, 0.02, 0.05],
    ['demo:mixed', 48, 48, 32, 0.05, 0.13],
    ['demo:large', 48, 48, 32, 0.22, 0.38],
    ['demo:nuclei', 48, 33, 32, 0.1, 0.2],
  ])('%s has the stated images and share of foreground', async (name, train, val, side, low, high) => {
    const dataset = await openBuiltIn(name);
    expect([dataset.train.length, dataset.val.length]).toEqual([train, val]);
    const first = await dataset.train[0]!.load();
    expect([first.height, first.width]).toEqual([side, side]);
    for (const part of [dataset.train, dataset.val]) {
      const share = await foreground(part);
      expect(share).toBeGreaterThan(low);
      expect(share).toBeLessThan(high);
    }
  });

  it('differ from each other although their images have the same names', async () => {
    const [rare, large] = await Promise.all(['demo:rare', 'demo:large'].map((name) => openBuiltIn(name)));
    expect(rare!.train[0]!.id).toBe(large!.train[0]!.id);
    expect((await rare!.train[0]!.load()).mask).not.toEqual((await large!.train[0]!.load()).mask);
  });

  it('are names and not paths', async () => {
    expect(['demo', 'demo:rare', './demo', 'demos', '/data/demo'].map(isBuiltIn)).toEqual([true, true, false, false, false]); // prettier-ignore
    await expect(openBuiltIn('demo:no')).rejects.toThrow(DataError);
    await expect(openBuiltIn('demo:no')).rejects.toThrow(/wanted demo, demo:rare, /);
  });
});
