import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  augmentation,
  DataError,
  loadAll,
  loader,
  openDataset,
  randomFlip,
  randomStream,
  readingThreads,
  shuffled,
  type Sample,
  type SampleSource,
} from '@segloss/data';
import { root } from '@segloss/testing';
import { encode } from 'fast-png';
import { SampleCache } from '../src/loader/cache.js';
import { failure, removeAfterAll, temporaryFolder } from './files.js';

let path: string;
let put: (path: string, bytes: Uint8Array | string) => Promise<string>;
let sources: readonly SampleSource[];

const gray = (seed: number) => {
  const random = randomStream(seed);
  return encode({
    width: 8,
    height: 6,
    channels: 1,
    data: Uint8Array.from({ length: 48 }, () => random.integer(2)),
  });
};

beforeAll(async () => {
  ({ path, put } = await temporaryFolder());
  for (let i = 0; i < 10; i++) {
    await put(`images/${i}.png`, gray(i));
    await put(`masks/${i}.png`, gray(100 + i));
  }
  sources = (await openDataset(path)).train;
});
removeAfterAll(() => path);

async function collect(samples: AsyncIterable<Sample>): Promise<Sample[]> {
  const all: Sample[] = [];
  for await (const sample of samples) all.push(sample);
  return all;
}

/** Sources that count how often they load and how many are at work; the later ones are faster. */
function slowSources(count: number) {
  const counts = { loads: 0, atWork: 0, most: 0 };
  const made = Array.from({ length: count }, (_, i) => ({
    id: String(i),
    async load(): Promise<Sample> {
      counts.loads++;
      counts.most = Math.max(counts.most, ++counts.atWork);
      await new Promise((resolve) => setTimeout(resolve, count - i));
      counts.atWork--;
      return {
        id: String(i),
        width: 1,
        height: 1,
        channels: 1,
        image: Float32Array.of(i),
        mask: new Uint8Array(1),
      };
    },
  }));
  return { counts, sources: made };
}

/** Writes a data set whose mask for validation is text, and opens it before it is. */
async function putBroken() {
  await put('broken/classes.txt', 'no\nyes');
  for (const name of ['images/a', 'images/b', 'masks/a', 'masks/b']) await put(`broken/${name}.png`, gray(1));
  const opened = await openDataset(join(path, 'broken'));
  await put(`broken/masks/${opened.val[0]!.id}.png`, 'text');
  return opened;
}

describe('loader', () => {
  it('gives the samples of the sources in their order, resized where it is asked to', async () => {
    expect(await collect(loader(sources))).toEqual(await loadAll(sources));
    const small = loader(sources, { size: [3, 4] });
    expect(await collect(small)).toEqual(await loadAll(sources, { size: [3, 4] }));
    expect((await small.sources[1]!.load()).mask.length).toBe(12);
  });

  it('gives them in any order, transformed for the epoch', async () => {
    const transform = augmentation([randomFlip({ horizontal: 0.5, vertical: 0.5 })], { seed: 3 });
    const data = loader(sources, { transform, prefetch: 3 });
    const order = shuffled([...sources.keys()], randomStream(2));
    const samples = await loadAll(sources);
    for (const epoch of [0, 1]) {
      const wanted = order.map((index) => transform(samples[index]!, { epoch }));
      expect(await collect(data.epoch(epoch, order))).toEqual(wanted);
    }
  });

  it('reads so many ahead and no more, whatever order they are ready in', async () => {
    const { counts, sources: slow } = slowSources(12);
    const ids: string[] = [];
    for await (const { id } of loader(slow, { prefetch: 4, cacheBytes: 0 })) {
      ids.push(id);
      expect(counts.loads).toBeLessThanOrEqual(ids.length + 4);
    }
    expect(ids).toEqual(slow.map(({ id }) => id));
    expect(counts.most).toBe(5);
  });

  it('ends what it began when the caller stops', async () => {
    const { counts, sources: slow } = slowSources(12);
    for await (const { id } of loader(slow, { prefetch: 4 })) if (id === '1') break;
    expect([counts.loads, counts.atWork]).toEqual([6, 0]);
  });

  it('keeps samples up to a number of bytes', async () => {
    const { counts, sources: slow } = slowSources(4); // 5 bytes each
    const all = loader(slow, { cacheBytes: 20 });
    await collect(all);
    await collect(all.epoch(1));
    expect(counts.loads).toBe(4);
    const some = loader(slow, { cacheBytes: 14, prefetch: 0 });
    await collect(some);
    await collect(some.epoch(1, [2, 3, 0]));
    expect(counts.loads).toBe(9);
    await some.close();
    await collect(some.epoch(2, [3]));
    expect(counts.loads).toBe(10);
    const none = new SampleCache(4);
    none.set(0, '', await slow[0]!.load());
    expect(none.get(0, '')).toBeUndefined();
  });

  it('reads a sample once that is asked for again while it is read', async () => {
    const { counts, sources: slow } = slowSources(3);
    const data = loader(slow);
    const [first, again] = await Promise.all([data.sources[0]!.load(), data.sources[0]!.load()]);
    expect(again).toBe(first);
    expect(await data.sources[0]!.load()).toBe(first);
    expect(counts.loads).toBe(1);
    const unkept = loader(slow, { cacheBytes: 0 });
    await Promise.all([unkept.sources[1]!.load(), unkept.sources[1]!.load()]);
    await unkept.sources[1]!.load();
    expect(counts.loads).toBe(3);
  });

  it('tells everybody who waits for a sample that it cannot be read, and reads it again later', async () => {
    let loads = 0;
    const load = async () => {
      loads++;
      throw new DataError('gone');
    };
    const data = loader([{ id: 'a', load }]);
    const both = [data.sources[0]!.load(), data.sources[0]!.load()];
    for (const one of both) await expect(one).rejects.toThrow('gone');
    await expect(data.sources[0]!.load()).rejects.toThrow('gone');
    expect(loads).toBe(2);
  });

  it('reads anew what has changed', async () => {
    await put('changed/images/a.png', gray(1));
    await put('changed/images/b.png', gray(2));
    for (const id of ['a', 'b']) await put(`changed/masks/${id}.png`, gray(3));
    const data = loader((await openDataset(join(path, 'changed'))).train);
    const [first] = await collect(data);
    expect((await collect(data.epoch(1)))[0]).toBe(first);
    const mask = await put(`changed/masks/${first!.id}.png`, gray(4));
    await utimes(mask, 1e9, 1e9); // some file systems tell no times closer than these writes
    const [again] = await collect(data.epoch(2));
    expect(again!.mask).not.toEqual(first!.mask);
  });

  it('throws what a file is refused for, at its place', async () => {
    const { train, val } = await putBroken();
    const data = loader([...train, ...val], { prefetch: 2 });
    const seen: string[] = [];
    const all = (async () => {
      for await (const { id } of data) seen.push(id);
    })();
    expect(await failure(all)).toContain('neither PNG nor JPEG nor TIFF');
    expect(seen).toEqual([train[0]!.id]);
  });

  it('refuses options and orders that cannot be', async () => {
    expect(() => loader(sources, { worker: 2 } as never)).toThrow(
      'unknown option "worker" (did you mean "workers"?)',
    );
    expect(() => loader(sources, { prefetch: -1 })).toThrow(
      'wanted prefetch as a whole number from 0 on, got -1',
    );
    expect(() => loader(sources, { size: [0, 3] })).toThrow('wanted size as [height, width]');
    expect(() => loader(sources, { transform: [] as never })).toThrow(TypeError);
    expect(() => loader(sources, { workers: { count: 1 } as never })).toThrow(
      'wanted workers as a whole number from 0 on or the threads of readingThreads, got [object Object]',
    );
    for (const count of [0, 1.5, '2']) {
      expect(() => readingThreads(count as number)).toThrow(
        `readingThreads: wanted a whole number of threads from 1 on, got ${count}`,
      );
    }
    await expect(collect(loader(sources).epoch(0, [99]))).rejects.toThrow(
      'wanted indices below 8 in order, got 99',
    );
    await expect(collect(loader(sources).epoch(-1))).rejects.toThrow('a whole epoch from 0 on, got -1');
    expect(new DataError('x').values).toEqual([]);
  });
});

// Threads run the built package: they have no translator of TypeScript.
const built = existsSync(join(root, 'packages/data/dist/worker.js'));
(built ? describe : describe.skip)(
  `loader with threads${built ? '' : ' (skipped: packages/data is not built)'}`,
  () => {
    /** What a program prints, on the built package; it has to end by itself. */
    function outputOf(code: string, type: 'module' | 'commonjs' = 'module'): string {
      const names = '{ loader, loadAll, openDataset, readingThreads }';
      const body =
        type === 'module'
          ? `import ${names} from '@segloss/data'; ${code}`
          : `const ${names} = require('@segloss/data'); (async () => { ${code} })();`;
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        [`--input-type=${type}`, '--eval', body],
        {
          cwd: root,
          encoding: 'utf8',
          timeout: 500_000,
        },
      );
      return `${stderr}${stdout}${status === 0 ? '' : `ended with ${String(status)}`}`.trim();
    }
    const start = (folder: string) => `const { train, val } = await openDataset(${JSON.stringify(folder)});`;

    it.each(['module', 'commonjs'] as const)(
      'gives the same samples, and lets a program end, as %s',
      (type) => {
        const code = `${start(path)}
        const wanted = JSON.stringify(await loadAll(train, { size: [3, 4] }));
        for (const workers of [1, 2]) {
          const samples = [];
          for await (const sample of loader(train, { workers, size: [3, 4] })) samples.push(sample);
          console.log(samples.length, JSON.stringify(samples) === wanted);
        }`;
        expect(outputOf(code, type)).toBe('8 true\n8 true');
      },
    );

    it('lets several loaders share threads, and reads masks alone by this one too', () => {
      const code = `${start(path)}
        const workers = readingThreads(1);
        const loaders = [train, val].map((part) => loader(part, { workers, size: [3, 4] }));
        const wanted = await loadAll([...train, ...val], { size: [3, 4] });
        const sources = loaders.flatMap((one) => one.sources);
        const masks = await Promise.all(sources.map((source) => source.load({ maskOnly: true })));
        console.log(masks.map(({ image }) => image.length).join(''), masks.every(({ mask }, i) => mask.join() === wanted[i].mask.join()));
        await loaders[0].close();
        const samples = await Promise.all(sources.map((source) => source.load()));
        console.log(JSON.stringify(samples) === JSON.stringify(wanted));
        for (const one of [loaders[1], workers]) await one.close();
        const unused = readingThreads(2);`;
      expect(outputOf(code)).toBe('0000000000 true\ntrue');
    });

    it('throws a DataError of a thread, and reads the next image', async () => {
      await putBroken();
      const code = `${start(join(path, 'broken'))}
        const data = loader([...val, ...train], { workers: 1 });
        const error = await data.sources[0].load().catch((caught) => caught);
        console.log(error.name, error.code, (await data.sources[1].load()).mask.length);
        await data.close();`;
      expect(outputOf(code)).toBe('DataError unreadable 48');
    });
  },
);
