// Processor time of what happens to one image before it is trained on: reading, resizing, augmentation.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import {
  augmentation,
  openDataset,
  randomAffine,
  randomFlip,
  randomGamma,
  randomStream,
  readImage,
  readMask,
  resizeSample,
} from '@segloss/data';
import { encode } from 'fast-png';
import jpeg from 'jpeg-js';

import { environment, median, positiveInteger } from './side-by-side.mjs';

/** Systems count processor time in steps of some milliseconds. */
const REPEATS = 8;
const [WIDTH, HEIGHT] = [700, 528]; // 0.37 million pixels, as the polyp images have

export async function main(args) {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '15' } } });
  const rounds = positiveInteger('images', 'rounds', values.rounds);
  const { cpu, cores, node } = environment();
  console.log(`${cpu}, ${cores} cores; Node ${node}; ${rounds} rounds in turn, processor time\n`);
  const folder = await mkdtemp(join(tmpdir(), 'segloss-images-'));
  try {
    const files = await write(folder);
    const bytes = await readFile(files.image);
    const [source] = (await openDataset(folder)).train;
    const image = await readImage(files.image);
    const mask = new Uint8Array(WIDTH * HEIGHT).map((_, i) => i % 3);
    const sample = { id: 'a', width: WIDTH, height: HEIGHT, channels: 3, image: image.values, mask };
    const square = resizeSample(sample, 512, 512);
    const change = augmentation([randomFlip({ horizontal: 1 }), randomAffine({ rotate: 15, scale: [0.9, 1.1] }), randomGamma()]); // prettier-ignore
    const work = {
      [`read a JPEG of ${WIDTH}x${HEIGHT}`]: () => readImage(files.image),
      'the same by jpeg-js, decoding alone': () =>
        jpeg.decode(bytes, { useTArray: true, formatAsRGBA: false }),
      [`read a PNG mask of ${WIDTH}x${HEIGHT}`]: () => readMask(files.mask),
      'load the image and its mask': () => source.load(),
      'load both at 128x128, as a loader does': () => source.load({ size: [128, 128] }),
      'resize a sample to 128x128': () => resizeSample(sample, 128, 128),
      'flip, affine and gamma at 512x512': (round) => change(square, { epoch: round }),
    };
    const times = new Map(Object.keys(work).map((name) => [name, []]));
    for (let round = -2; round < rounds; round++) {
      for (const [name, run] of Object.entries(work)) {
        const start = process.cpuUsage();
        for (let i = 0; i < REPEATS; i++) await run(Math.max(0, round));
        if (round >= 0) times.get(name).push(process.cpuUsage(start).user / 1000 / REPEATS);
      }
    }
    console.log('| what | ms, median | least |\n|---|---:|---:|');
    for (const [name, list] of times) {
      console.log(`| ${name} | ${median(list).toFixed(1)} | ${Math.min(...list).toFixed(1)} |`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Smooth colors with some noise, and a disc. */
async function write(folder) {
  const random = randomStream('perf');
  const data = new Uint8Array(4 * WIDTH * HEIGHT);
  for (let i = 0; i < data.length; i++) data[i] = 100 + 60 * Math.sin(i / 9000 + (i % 4)) + 20 * random.uniform(); // prettier-ignore
  const disc = new Uint8Array(WIDTH * HEIGHT).map((_, i) =>
    ((i % WIDTH) - 300) ** 2 + (Math.floor(i / WIDTH) - 250) ** 2 < 1e4 ? 255 : 0,
  );
  for (const part of ['images', 'masks']) await mkdir(join(folder, part));
  for (const id of ['a', 'b']) {
    await writeFile(join(folder, 'images', `${id}.jpg`), jpeg.encode({ width: WIDTH, height: HEIGHT, data }, 90).data); // prettier-ignore
    await writeFile(join(folder, 'masks', `${id}.png`), encode({ width: WIDTH, height: HEIGHT, channels: 1, data: disc })); // prettier-ignore
  }
  return { image: join(folder, 'images/a.jpg'), mask: join(folder, 'masks/a.png') };
}
