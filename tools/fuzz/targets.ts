// What is fed, and what must come out. A target returns what is wrong, or undefined; errors that it does not expect it throws.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  checkDataset,
  DataError,
  decodeRle,
  encodeRle,
  openDataset,
  readImage,
  readMask,
  readNifti,
  type RandomStream,
} from '@segloss/data';
import { LossSpecError } from '@segloss/losses';
import { ConfigError, parseConfig } from '@segloss/trainer';
import jpeg from 'jpeg-js';

import { CaseError } from '../../apps/benchmark/src/analyze/faults.js';
import { readNnunet } from '../../apps/benchmark/src/analyze/nnunet.js';
import { readFolders } from '../../apps/benchmark/src/analyze/read-folders.js';
import { png, tiff } from '../../packages/data/test/crafted.js';
import { nifti, TYPES } from '../../packages/data/test/nifti.js';
import { encodePng } from './encode-png.js';

type Target = (random: RandomStream, folder: string) => Promise<string | undefined>;

const pick = <T>(random: RandomStream, items: readonly T[]): T => items[random.integer(items.length)]!;
const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
/** Runs of equal values, as masks have, or noise. */
const valuesOf = (random: RandomStream, count: number, end: number): number[] => {
  const noisy = random.uniform() < 0.4;
  let value = 0;
  return many(count, () => (noisy || random.uniform() < 0.1 ? (value = random.integer(end)) : value));
};
const rowsOf = (values: readonly number[], row: number): number[][] =>
  many(values.length / row, (y) => values.slice(y * row, (y + 1) * row));

function differences(name: string, read: ArrayLike<number>, wanted: readonly number[]): string | undefined {
  if (read.length !== wanted.length) return `${name}: ${read.length} values instead of ${wanted.length}`;
  const wrong = wanted.filter((value, i) => value !== read[i]).length;
  return wrong === 0 ? undefined : `${name}: ${wrong} of ${wanted.length} values differ, silently`;
}

async function pngTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const [width, height] = [1 + random.integer(40), 1 + random.integer(40)];
  const colorType = pick(random, [0, 2, 3, 4, 6]);
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colorType]!;
  const depth = pick(random, { 0: [1, 2, 4, 8, 16], 3: [1, 2, 4, 8] }[colorType] ?? [8, 16]);
  const maximum = 2 ** depth - 1;
  const palette = colorType === 3 ? many(3 * (maximum + 1), () => random.integer(256)) : undefined;
  const labels = valuesOf(random, width * height, maximum + 1);
  const values = labels.flatMap((label) => (channels > 2 ? [label, label, label] : [label]).concat(channels % 2 === 0 ? [maximum] : [])); // prettier-ignore
  const bytes = encodePng(random, rowsOf(values, width * channels), { channels, depth, colorType, ...(palette && { palette }) }); // prettier-ignore
  const file = join(folder, 'a.png');
  await writeFile(file, bytes);
  const name = `PNG ${width}x${height}, color type ${colorType}, ${depth} bits`;
  const mask = differences(name, (await readMask(file)).values, labels);
  if (mask !== undefined) return mask;
  const { values: seen, channels: shown } = await readImage(file);
  const wanted = labels.flatMap((label) =>
    palette ? palette.slice(3 * label, 3 * label + 3) : many(shown, () => label),
  );
  return differences(
    `${name} as image`,
    seen.map((value) => Math.round(value * (palette ? 255 : maximum))),
    wanted,
  );
}

async function tiffTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const [width, height] = [1 + random.integer(40), 1 + random.integer(40)];
  const depth = pick(random, [1, 2, 4, 8, 16]);
  const channels = depth >= 8 && random.uniform() < 0.4 ? 3 : 1;
  const compression = pick(random, [1, 5, 8, 32773]);
  const labels = valuesOf(random, width * height, 2 ** depth);
  const crafted = {
    ...{ width, height, depth, channels, compression },
    photometric: channels === 3 ? 2 : 1,
    values: labels.flatMap((label) => many(channels, () => label)),
    littleEndian: random.uniform() < 0.5,
    predicted: depth >= 8 && [5, 8].includes(compression) && random.uniform() < 0.5,
    planar: channels === 3 && random.uniform() < 0.5,
    ...(random.uniform() < 0.3 ? { tile: 16 } : { rowsPerStrip: 1 + random.integer(height) }),
  };
  const file = join(folder, 'a.tif');
  await writeFile(file, tiff(crafted));
  return differences(
    `TIFF ${JSON.stringify({ ...crafted, values: undefined })}`,
    (await readMask(file)).values,
    labels,
  );
}

async function niftiTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const dims = many(1 + random.integer(4), () => 1 + random.integer(6));
  const type = pick(random, TYPES);
  const count = dims.reduce((product, side) => product * side, 1);
  const values = valuesOf(random, count, 100);
  const slope = pick(random, [0, 1, 2, 0.5]);
  const intercept = pick(random, [0, -3]);
  const crafted = {
    dims,
    type,
    values,
    slope,
    intercept,
    version: pick(random, [1, 2] as const),
    littleEndian: random.uniform() < 0.5,
  };
  const bytes = nifti(crafted);
  const file = join(folder, random.uniform() < 0.5 ? 'a.nii' : 'a.nii.gz');
  await writeFile(file, file.endsWith('.gz') ? gzipSync(bytes) : bytes);
  const wanted = values.map((value) => (slope === 0 ? value : slope * value + intercept));
  return differences(
    `NIfTI ${JSON.stringify({ ...crafted, values: undefined })}`,
    (await readNifti(file)).values,
    wanted,
  );
}

async function jpegTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const [width, height] = [1 + random.integer(60), 1 + random.integer(60)];
  const [right, down, start] = [random.uniform() * 2, random.uniform() * 2, 20 + random.integer(100)];
  const gray = many(width * height, (i) => Math.min(255, Math.round(start + right * (i % width) + down * Math.floor(i / width)))); // prettier-ignore
  const data = Uint8Array.from({ length: 4 * gray.length }, (_, i) => (i % 4 === 3 ? 255 : gray[i >> 2]!));
  const file = join(folder, 'a.jpg');
  await writeFile(file, jpeg.encode({ width, height, data }, 95).data);
  const { values, channels } = await readImage(file);
  const worst = gray.reduce(
    (most, value, i) => Math.max(most, Math.abs(255 * values[i * channels]! - value)),
    0,
  );
  return worst < 12 ? undefined : `JPEG ${width}x${height}: a gray is off by ${worst.toFixed(1)}`;
}

async function rleTarget(random: RandomStream): Promise<string | undefined> {
  const [width, height] = [1 + random.integer(80), 1 + random.integer(80)];
  const mask = valuesOf(random, width * height, 2);
  const counts: number[] = [];
  let [current, run] = [0, 0];
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (mask[y * width + x] !== current) {
        counts.push(run);
        [current, run] = [1 - current, 0];
      }
      run++;
    }
  }
  counts.push(run);
  return (
    differences('runs', decodeRle({ size: [height, width], counts }), mask) ??
    differences('compressed runs', decodeRle(encodeRle(mask, { height, width })), mask)
  );
}

/** Bytes changed, cut off or repeated: an error that names the file, or values; never another kind of error. */
async function damagedTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const values = valuesOf(random, 24 * 20, 5);
  const size = { width: 24, height: 20 };
  const gray = Uint8Array.from({ length: 4 * 480 }, (_, i) => (i % 4 === 3 ? 255 : 40 * values[i >> 2]!));
  const [name, base] = pick<readonly [string, () => Uint8Array]>(random, [
    ['a.png', () => encodePng(random, rowsOf(values, 24), { channels: 1, depth: 8, colorType: 0 })],
    ['b.png', () => png(24, 20, 4, 3, rowsOf(values, 24), Array(48).fill(5))],
    ['c.jpg', () => jpeg.encode({ ...size, data: gray }, 80).data],
    ['d.tif', () => tiff({ ...size, values, compression: pick(random, [1, 5, 8, 32773]), predicted: false, rowsPerStrip: 6 })],
    ['e.nii', () => nifti({ dims: [24, 20, 1], values, type: 4, slope: 2 })],
    ['f.nii.gz', () => gzipSync(nifti({ version: 2, dims: [24, 20], values }))],
  ]); // prettier-ignore
  const bytes = damaged(random, Buffer.from(base()));
  const file = join(folder, name);
  await writeFile(file, bytes);
  try {
    if (name.includes('.nii')) await readNifti(file);
    else if (name.endsWith('.jpg')) await readImage(file);
    else await readMask(file);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    if (!error.message.includes(file)) return `the error does not name the file: ${error.message}`;
    return undefined;
  }
  return undefined;
}

function damaged(random: RandomStream, bytes: Buffer): Buffer {
  const kind = random.integer(6);
  const at = () => random.integer(bytes.length);
  if (kind === 0) return bytes.subarray(0, at());
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at()), bytes.subarray(at())]);
  const copy = Buffer.from(bytes);
  const changes = 1 + random.integer(4);
  for (let k = 0; k < changes; k++) {
    const place =
      random.uniform() < 0.5 ? random.integer(Math.min(200, copy.length)) : random.integer(copy.length);
    copy[place] = random.uniform() < 0.5 ? random.integer(256) : copy[place]! ^ (1 << random.integer(8));
  }
  return copy;
}

const NAMES = ['a', 'a (2)', 'a.b', 'a_mask', 'b', 'e\u0301', 'é2', '日本', '#c', 'Case 01', 'x_seg', "it's"];

/** Names of odd kinds in lists of odd kinds: the images that are named, and their masks. */
async function listTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const root = join(folder, 'lists');
  await rm(root, { recursive: true, force: true });
  for (const part of ['images', 'masks']) await mkdir(join(root, part), { recursive: true });
  const suffix = random.uniform() < 0.3 ? pick(random, ['_mask', '_segmentation']) : '';
  // a_mask is the mask of a, or the image of a_mask_mask: that is refused, and tested elsewhere.
  const names = NAMES.filter((name) => random.uniform() < 0.7 && !(suffix === '_mask' && name === 'a_mask'));
  if (names.length < 4) return undefined;
  for (const [i, name] of names.entries()) {
    const other = random.uniform() < 0.5 ? name.normalize('NFC') : name.normalize('NFD');
    await writeFile(join(root, 'images', `${name}.${pick(random, ['png', 'PNG'])}`), png(4, 4, 8, 0, many(4, () => many(4, () => 10 * i)))); // prettier-ignore
    // The mask says which name it belongs to: by its number of pixels.
    const ones = many(16, (k) => Number(k <= i));
    await writeFile(join(root, 'masks', `${other}${suffix}.png`), png(4, 4, 8, 0, rowsOf(ones, 4)));
  }
  const cut = 1 + random.integer(names.length - 2);
  const line = (name: string) =>
    pick(random, [name, `${name}.png`, `images/${name}.png`, `images\\${name}.PNG`, `images/${name}.png masks/${name}.png`, name.normalize('NFD')]); // prettier-ignore
  const text = (part: readonly string[]) => {
    const end = pick(random, ['\n', '\r\n']);
    return `${pick(random, ['', '\ufeff'])}${part.map(line).join(end)}${pick(random, ['', end])}`;
  };
  await writeFile(join(root, 'train.txt'), text(names.slice(0, cut)));
  await writeFile(join(root, 'val.txt'), text(names.slice(cut)));
  const { train, val, warnings } = await openDataset(root);
  const overlap = warnings.find(({ message }) => message.includes('list'));
  if (overlap !== undefined) return `a warning for lists without fault: ${overlap.message}`;
  const wanted = [names.slice(0, cut), names.slice(cut)].map((part) =>
    part.map((name) => name.normalize('NFC')),
  );
  const read = [train, val].map((part) => part.map(({ id }) => id));
  if (JSON.stringify(read) !== JSON.stringify(wanted)) return `lists name ${JSON.stringify(wanted)}, read ${JSON.stringify(read)}`; // prettier-ignore
  for (const source of [...train, ...val]) {
    const { mask } = await source.load();
    const index = names.findIndex((name) => name.normalize('NFC') === source.id);
    if (mask.reduce((sum, label) => sum + label, 0) !== index + 1)
      return `${source.id} has the mask of another image`;
  }
  return undefined;
}

/** Ways in which tools save the same shape: 0 and 1, black and white, soft, JPEG, palette, cut out by transparency. */
const SAVED: readonly ((shape: readonly number[]) => readonly [ending: string, bytes: Uint8Array])[] = [
  (shape) => ['png', png(16, 16, 8, 0, rowsOf(shape, 16))],
  (shape) => ['png', png(16, 16, 1, 0, rowsOf(shape, 16))],
  (shape) => ['png', png(16, 16, 8, 0, rowsOf(shape.map((one) => 255 * one), 16))],
  (shape) => ['png', png(16, 16, 8, 2, rowsOf(shape.flatMap((one) => [255 * one, 255 * one, 255 * one]), 48))],
  (shape) => ['png', png(16, 16, 8, 4, rowsOf(shape.flatMap((one) => [255, 255 * one]), 32))],
  (shape) => ['png', png(16, 16, 8, 3, rowsOf(shape, 16), [0, 0, 0, 255, 255, 255])],
  (shape) => ['png', png(16, 16, 8, 3, rowsOf(shape.map((one) => 1 - one), 16), [255, 255, 255, 0, 0, 0])],
  (shape) => ['tif', tiff({ width: 16, height: 16, values: shape.map((one) => 255 * one) })],
  (shape) => ['tif', tiff({ width: 16, height: 16, depth: 1, photometric: 0, values: shape.map((one) => 1 - one) })],
  (shape) => ['jpg', jpeg.encode({ width: 16, height: 16, data: Uint8Array.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? 255 : 255 * shape[i >> 2]!)) }, 95).data],
]; // prettier-ignore

/** One shape saved in several ways, in one folder: its pixels are foreground, or the folder is refused. */
async function mixtureTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const root = join(folder, 'mixture');
  await rm(root, { recursive: true, force: true });
  for (const part of ['images', 'masks']) await mkdir(join(root, part), { recursive: true });
  const ways = many(1 + random.integer(2), () => random.integer(SAVED.length));
  const shapes = new Map<string, number[]>();
  const used: number[] = [];
  for (const id of ['a', 'b', 'c', 'd']) {
    const [right, bottom] = [random.integer(3) * 8, random.integer(3) * 8]; // whole blocks of JPEG
    const shape = many(256, (i) => Number(i % 16 < right && Math.floor(i / 16) < bottom));
    const way = pick(random, ways);
    const [ending, bytes] = SAVED[way]!(shape);
    used.push(way);
    shapes.set(id, shape);
    await writeFile(
      join(root, 'images', `${id}.png`),
      png(
        16,
        16,
        8,
        0,
        rowsOf(
          many(256, (i) => i),
          16,
        ),
      ),
    );
    await writeFile(join(root, 'masks', `${id}.${ending}`), bytes);
  }
  if ([...shapes.values()].every((shape) => !shape.includes(1))) return undefined;
  try {
    const { train, val, faults } = await openDataset(root);
    if (faults.length > 0) return undefined; // no training
    for (const source of [...train, ...val]) {
      const wrong = differences(`the mask ${source.id} of masks saved in the ways ${used.join()}`, (await source.load()).mask, shapes.get(source.id)!); // prettier-ignore
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

/** What a folder says of itself, damaged: `checkDataset` reports it, and does not throw. */
async function folderTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const root = join(folder, 'folders');
  await rm(root, { recursive: true, force: true });
  for (const part of ['images', 'masks']) {
    await mkdir(join(root, part), { recursive: true });
    for (const name of ['a', 'b', 'c']) await writeFile(join(root, part, `${name}.png`), png(4, 4, 8, 0, rowsOf(valuesOf(random, 16, 2), 4))); // prettier-ignore
  }
  const texts = {
    'train.txt': 'a\nb',
    'val.txt': 'c',
    'classes.txt': 'no\nyes',
    'label-map.json': '{"1": 1, "0": 0}',
  };
  for (const [name, text] of Object.entries(texts)) {
    if (random.uniform() < 0.5) await writeFile(join(root, name), damaged(random, Buffer.from(text)));
  }
  const { usable, problems } = await checkDataset(root);
  return usable === (problems.length === 0) ? undefined : 'usable and problems contradict each other';
}

const WEIRD: readonly unknown[] = [null, true, -1, 0, 1.5, Infinity, NaN, '', 'x', 'ce', [], {}, [1], { name: 'unet' }, '__proto__', 'a'.repeat(300)]; // prettier-ignore

/** Configurations with keys and values of any kind: a configuration that reads as itself, or an error of the right kind. */
async function configTarget(random: RandomStream): Promise<string | undefined> {
  const base: Record<string, unknown> = { data: { folder: 'demo', size: 16 }, model: { name: 'unet', widths: [2] }, loss: 'ce', optimizer: { name: 'adam' }, epochs: 2 }; // prettier-ignore
  const changes = 1 + random.integer(3);
  for (let k = 0; k < changes; k++) {
    const target =
      random.uniform() < 0.5 ? base : (pick(random, Object.values(base)) as Record<string, unknown>);
    if (typeof target !== 'object' || target === null) continue;
    const known = [...Object.keys(target), 'batchSize', 'seed', 'schedule', 'augment', 'monitor', 'size', 'limit', 'learningRate', 'momentum', 'colour']; // prettier-ignore
    target[pick(random, known)] = pick(random, WEIRD);
  }
  try {
    const config = parseConfig(base);
    const again = parseConfig(config);
    return JSON.stringify(again) === JSON.stringify(config) ? undefined : `reads differently again: ${JSON.stringify(base)}`; // prettier-ignore
  } catch (error) {
    if ([ConfigError, LossSpecError, TypeError, RangeError].some((kind) => error instanceof kind) && !/undefined|not a function|Cannot read/.test((error as Error).message)) return undefined; // prettier-ignore
    throw error;
  }
}

/** nnU-Net's summary with known counts, whole or damaged. */
async function summaryTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const cases = many(1 + random.integer(4), (i) => {
    const [TP, FP, FN, TN] = many(4, () => random.integer(50)) as [number, number, number, number];
    return { id: `case_${i}`, TP, FP, FN, TN: TN + 1 };
  });
  const content = {
    metric_per_case: cases.map(({ id, ...counts }) => ({ reference_file: `/gt/${id}.nii.gz`, prediction_file: `/p/${id}.nii.gz`, metrics: { 1: counts } })),
  }; // prettier-ignore
  const text = Buffer.from(JSON.stringify(content));
  const whole = random.uniform() < 0.5;
  const file = join(folder, 'summary.json');
  await writeFile(file, whole ? text : damaged(random, text));
  try {
    const { runs } = await readNnunet([{ name: 'run', file }], undefined);
    if (!whole) return undefined;
    for (const { id, TP, FP, FN, TN } of cases) {
      const found = runs[0]!.cases.find((one) => one.id === id);
      const [voxels, share] = [TP + FP + FN + TN, found?.predicted.at(-1)];
      if (Math.abs((found?.truth.at(-1) ?? NaN) - (TP + FN) / voxels) < 1e-12 && Math.abs((share ?? NaN) - (TP + FP) / voxels) < 1e-12) continue; // prettier-ignore
      return `${id}: p ${share}, q ${found?.truth.at(-1)} of TP ${TP}, FP ${FP}, FN ${FN}, TN ${TN}`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof DataError || error instanceof CaseError) return whole ? `refused: ${error.message}` : undefined; // prettier-ignore
    throw error;
  }
}

/** Probabilities with a known mean. */
async function probabilityTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const [truth, predicted] = [join(folder, 'gt'), join(folder, 'prob')];
  for (const one of [truth, predicted]) {
    await rm(one, { recursive: true, force: true });
    await mkdir(one, { recursive: true });
  }
  const dims = [2 + random.integer(5), 2 + random.integer(5), 1 + random.integer(3)];
  const voxels = dims.reduce((product, side) => product * side, 1);
  const wanted: number[] = [];
  for (const id of ['a', 'b']) {
    const labels = many(voxels, (i) => (i === 0 ? 0 : i === 1 ? 1 : random.integer(2)));
    const probabilities = many(voxels, () => random.integer(257) / 256); // exact in float32
    wanted.push(probabilities.reduce((sum, value) => sum + value, 0) / voxels);
    await writeFile(join(truth, `${id}.nii`), nifti({ dims, values: labels }));
    await writeFile(join(predicted, `${id}.nii`), nifti({ dims, values: probabilities, type: 16 }));
  }
  const { runs } = await readFolders({
    truth,
    predictions: [{ name: 'run', folder: predicted }],
    probabilities: true,
  });
  const read = runs[0]!.cases.map((one) => one.predicted.at(-1)!);
  const apart = wanted.map((value, i) => Math.abs(value - read[i]!));
  return apart.every((value) => value < 1e-9) ? undefined : `mean probabilities ${wanted.join()} read as ${read.join()}`; // prettier-ignore
}

/** What `npm run fuzz` feeds, by name. */
export const TARGETS: Readonly<Record<string, Target>> = {
  png: pngTarget,
  tiff: tiffTarget,
  nifti: niftiTarget,
  jpeg: jpegTarget,
  rle: rleTarget,
  damaged: damagedTarget,
  lists: listTarget,
  mixtures: mixtureTarget,
  folders: folderTarget,
  configurations: configTarget,
  summaries: summaryTarget,
  probabilities: probabilityTarget,
};
