// The first epoch of a training on JPEG images with JPEG masks: which share of it waits for images. Each round is a process of its own, as threads,
// decoders and caches start anew.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { resizeSample, syntheticDataset } from '@segloss/data';
import jpeg from 'jpeg-js';

import { environment, median, positiveInteger } from './side-by-side.mjs';

const [HEIGHT, WIDTH] = [529, 622]; // as the polyp images have
const CASES = {
  'one reading thread': { workers: 1, outputBias: 'zero' },
  'one reading thread, bias from the prior of the masks': { workers: 1, outputBias: 'prior' },
  'no reading thread': { workers: 0, outputBias: 'zero' },
};

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      pairs: { type: 'string', default: '220' },
      data: { type: 'string' },
    },
  });
  const rounds = positiveInteger('first-epoch', 'rounds', values.rounds);
  const pairs = positiveInteger('first-epoch', 'pairs', values.pairs);
  const { cpu, cores, node } = environment();
  const folder = await mkdtemp(join(tmpdir(), 'segloss-first-epoch-'));
  try {
    const data = values.data ?? (await write(join(folder, 'data'), pairs));
    const results = new Map(Object.keys(CASES).map((name) => [name, []]));
    // The first process reads every mask for the rule of the labels, and the others find that in the cache.
    for (let round = -1; round < rounds; round++) {
      for (const [name, options] of Object.entries(CASES)) {
        const result = run({ data, out: join(folder, `${round}-${name}`), ...options }, folder);
        if (round >= 0) results.get(name).push(result);
        else if (name === Object.keys(CASES)[0]) {
          console.log(`${cpu}, ${cores} cores; Node ${node}; ${result.train} images at 128x128, one epoch of the default network in batches of ${result.batch}, wasm, one thread; medians (least) of ${rounds} processes in turn\n`); // prettier-ignore
        }
      }
    }
    console.log(
      '| | epoch, s | waits for images, % | waits, prior and validation included, % |\n|---|---:|---:|---:|',
    );
    const figure = (list, of) =>
      `${median(list.map(of)).toFixed(1)} (${Math.min(...list.map(of)).toFixed(1)})`;
    for (const [name, list] of results) {
      const cells = [(one) => one.seconds, (one) => (100 * one.waiting) / one.seconds, (one) => (100 * one.idle) / one.total]; // prettier-ignore
      console.log(`| ${name} | ${cells.map((of) => figure(list, of)).join(' | ')} |`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(description, folder) {
  const worker = fileURLToPath(new URL('first-epoch-worker.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [worker, JSON.stringify(description)], {
    encoding: 'utf8',
    env: { ...process.env, SEGLOSS_CACHE: join(folder, 'cache') },
  });
  if (status !== 0) throw new Error(`first-epoch: a training ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** Colored shapes of the size of photographs. */
async function write(folder, pairs) {
  for (const part of ['images', 'masks']) await mkdir(join(folder, part), { recursive: true });
  const { train } = syntheticDataset({ size: 128, train: pairs, val: 1 });
  for (const source of train) {
    const { id, image, mask } = resizeSample(await source.load(), HEIGHT, WIDTH);
    const save = async (part, byteOf) => {
      const data = new Uint8Array(4 * mask.length);
      for (let i = 0; i < mask.length; i++) data.fill(byteOf(i), 4 * i, 4 * i + 3);
      await writeFile(join(folder, part, `${id}.jpg`), jpeg.encode({ width: WIDTH, height: HEIGHT, data }, 90).data); // prettier-ignore
    };
    // Grain, as photographs have it.
    await save('images', (i) => 235 * image[i] + ((i * 7919) % 20));
    await save('masks', (i) => 255 * mask[i]);
  }
  return folder;
}
