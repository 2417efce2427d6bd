// What reading takes beside training: JPEG images with PNG masks, by no, one and two threads, and the wasm step that waits for them.
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { loader, openDataset, syntheticDataset } from '@segloss/data';
import { encode } from 'fast-png';
import jpeg from 'jpeg-js';

import { environment, median, positiveInteger, serve } from './side-by-side.mjs';

const NET = {
  network: 'unet',
  options: { inputShape: [128, 128, 3], outputs: 1, widths: [8, 16, 32], norm: 'batch', seed: 1 },
  batch: 8,
};
const THREADS = [0, 1, 2];

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '3' }, pairs: { type: 'string', default: '200' } },
  });
  const rounds = positiveInteger('loading', 'rounds', values.rounds);
  const pairs = positiveInteger('loading', 'pairs', values.pairs);
  const { cpu, cores, node } = environment();
  console.log(
    `${cpu}, ${cores} cores; Node ${node}; ${pairs} pairs of 128x128; medians of ${rounds} rounds\n`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'segloss-loading-'));
  const trainer = serve('network-worker.mjs', { contender: 'kernels', ...NET });
  try {
    await write(folder, pairs);
    const { train, val } = await openDataset(folder);
    const sources = [...train, ...val];
    const times = new Map(['again', ...THREADS].map((key) => [key, []]));
    const steps = [];
    // The same threads in all rounds: a new one has to compile the decoders, so one round is not counted.
    const loaders = new Map(THREADS.map((workers) => [workers, loader(sources, { workers, cacheBytes: 0 })]));
    const kept = loader(sources);
    await readAll(kept, 0);
    for (const data of loaders.values()) await readAll(data, 0);
    for (let round = 0; round < rounds; round++) {
      for (const [workers, data] of loaders) times.get(workers).push(await readAll(data, round));
      times.get('again').push(await readAll(kept, round));
      steps.push((await trainer.time(3, 'step')).milliseconds / NET.batch);
    }
    for (const data of [kept, ...loaders.values()]) await data.close();
    console.log('| what | ms per image |\n|---|---:|');
    const row = (name, list) => console.log(`| ${name} | ${median(list).toFixed(2)} |`);
    for (const workers of THREADS) {
      row(workers === 0 ? 'reading, without threads' : `reading, ${workers} ${workers === 1 ? 'thread' : 'threads'}`, times.get(workers)); // prettier-ignore
    }
    row('again, from memory', times.get('again'));
    row(`a training step on wasm, U-Net ${NET.options.widths.join('-')}, batch ${NET.batch}`, steps);
  } finally {
    trainer.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Milliseconds per image. */
async function readAll(data, epoch) {
  const start = performance.now();
  for await (const sample of data.epoch(epoch)) if (sample.width !== 128) throw new Error(sample.id);
  return (performance.now() - start) / data.sources.length;
}

async function write(folder, pairs) {
  for (const part of ['images', 'masks']) await mkdir(join(folder, part));
  const { train } = syntheticDataset({ size: 128, train: pairs, val: 1 });
  for (const source of train) {
    const { id, width, height, image, mask } = await source.load();
    const data = new Uint8Array(4 * mask.length);
    image.forEach((value, i) => data.fill(255 * value, 4 * i, 4 * i + 3));
    await writeFile(join(folder, 'images', `${id}.jpg`), jpeg.encode({ width, height, data }, 90).data);
    await writeFile(
      join(folder, 'masks', `${id}.png`),
      encode({ width, height, channels: 1, data: mask.map((label) => 255 * label) }),
    );
  }
}
