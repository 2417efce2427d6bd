// Processor time of what happens to one image before it is trained on, reading, resizing and augmentation, next to OpenCV and NumPy.
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

import { findPython, processorTime, servePython } from './python.mjs';
import { environment, median, positiveInteger } from './side-by-side.mjs';

/** Systems count processor time in steps of some milliseconds. */
const REPEATS = 8;
const [WIDTH, HEIGHT] = [700, 528]; // 0.37 million pixels, as the polyp images have
const SMALL = [128, 128];
const SIDE = 512;
/** What is drawn each time, so that both sides do the same. */
const CHANGE = { rotate: 10, scale: 1.05, gamma: 0.9 };

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '15' }, python: { type: 'string' } },
  });
  const rounds = positiveInteger('images', 'rounds', values.rounds);
  const { cpu, cores, node } = environment();
  console.log(`${cpu}, ${cores} cores; Node ${node}; ${rounds} rounds in turn, processor time`);
  const folder = await mkdtemp(join(tmpdir(), 'segloss-images-'));
  let python;
  try {
    const files = await write(folder);
    const [source] = (await openDataset(folder)).train;
    const sample = await source.load();
    const square = resizeSample(sample, SIDE, SIDE);
    const { rotate, scale, gamma } = CHANGE;
    const change = augmentation([
      randomFlip({ horizontal: 1 }),
      randomAffine({ rotate: [rotate, rotate], scale: [scale, scale] }),
      randomGamma([gamma, gamma]),
    ]);
    /** By the task of images_python.py that does the same; `far` is the largest mean difference of the images that different filters give. */
    const work = {
      read: [`read a JPEG of ${WIDTH}x${HEIGHT}`, () => readImage(files.image), 0],
      'read mask': [`read a PNG mask of ${WIDTH}x${HEIGHT}`, () => readMask(files.mask)],
      load: ['load the image and its mask', () => source.load(), 0],
      'load small': [`load both at ${SMALL.join('x')}, as a loader does`, () => source.load({ size: SMALL }), 0.01],
      resize: [`resize a sample to ${SMALL.join('x')}`, () => resizeSample(sample, ...SMALL), 0.01],
      augment: [`flip, affine and gamma at ${SIDE}x${SIDE}`, () => change(square, { epoch: 0 }), 0.002],
    }; // prettier-ignore
    const found = findPython(['cv2', 'numpy'], values.python);
    if (found !== undefined) {
      python = servePython(found, 'images_python.py', {
        ...{ ...files, small: SMALL, side: SIDE, ...CHANGE },
        square: await writeSample(folder, square),
      });
    }
    const versions = python && (await agree(python, folder, work));
    const times = new Map(Object.keys(work).map((task) => [task, { ours: [], theirs: [] }]));
    for (let round = -2; round < rounds; round++) {
      for (const [task, [, run]] of Object.entries(work)) {
        const ours = await processorTime(run, REPEATS);
        const theirs = (await python?.ask({ task, repeats: REPEATS }))?.milliseconds ?? NaN;
        if (round < 0) continue;
        times.get(task).ours.push(ours);
        times.get(task).theirs.push(theirs);
      }
    }
    console.log(`\n| what, ms: least (median) | segloss |${versions ? ` ${versions} | ratio |` : ''}`);
    console.log(`|---|---:|${versions ? '---:|---:|' : ''}`);
    const figure = (list) => `${Math.min(...list).toFixed(1)} (${median(list).toFixed(1)})`;
    for (const [task, { ours, theirs }] of times) {
      const ratio = Math.min(...ours) / Math.min(...theirs);
      const other = versions ? ` ${figure(theirs)} | ${ratio.toFixed(2)} |` : '';
      console.log(`| ${work[task][0]} | ${figure(ours)} |${other}`);
    }
  } finally {
    python?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Throws unless both sides make images of one size that differ as little as they may. Returns the versions of the other side. */
async function agree(python, folder, work) {
  let versions;
  for (const [task, [name, run, far]] of Object.entries(work)) {
    const to = join(folder, 'result');
    ({ versions } = await python.ask({ task, to }));
    const result = await run();
    const ours = result.image ?? result.values;
    const { buffer, byteOffset, byteLength } = await readFile(to);
    const theirs = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
    if (theirs.length !== ours.length) {
      throw new Error(`${name}: wanted ${ours.length} values of ${versions}, got ${theirs.length}`);
    }
    if (far === undefined) continue; // the values of a mask file, and the labels they stand for
    const apart = ours.reduce((sum, value, i) => sum + Math.abs(value - theirs[i]), 0) / ours.length;
    // Equal bytes, scaled by division or multiplication, are a rounding apart.
    if (!(apart <= far + 1e-7)) throw new Error(`${name}: wanted the image of ${versions}, got one that is ${apart} off on average`); // prettier-ignore
  }
  return versions;
}

/** The files of a sample's values, for the other side. */
async function writeSample(folder, sample) {
  const files = { image: join(folder, 'square-image'), mask: join(folder, 'square-mask') };
  for (const [part, file] of Object.entries(files)) await writeFile(file, sample[part]);
  return files;
}

/** Smooth colors with some noise, which take about as many bytes as a photograph, and a disc. */
async function write(folder) {
  const random = randomStream('perf');
  const data = Uint8Array.from({ length: 4 * WIDTH * HEIGHT }, (_, i) => {
    const [x, y] = [(i >> 2) % WIDTH, Math.floor((i >> 2) / WIDTH)];
    return 110 + 60 * Math.sin(x / 60 + (i % 4)) * Math.cos(y / 50) + 6 * random.uniform();
  });
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
