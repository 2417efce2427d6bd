// Files of images, masks and volumes: values come out as they went in, and damaged bytes are an error that names the file.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  DataError,
  decodeRle,
  encodeRle,
  readImage,
  readMask,
  readNifti,
  type RandomStream,
} from '@segloss/data';
import jpeg from 'jpeg-js';

import { png, tiff } from '../../../packages/data/test/crafted.js';
import { nifti, TYPES } from '../../../packages/data/test/nifti.js';
import { encodePng } from '../encode-png.js';
import { damaged, differences, many, pick, rowsOf, valuesOf } from '../random-inputs.js';

export async function pngTarget(random: RandomStream, folder: string): Promise<string | undefined> {
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

export async function tiffTarget(random: RandomStream, folder: string): Promise<string | undefined> {
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

export async function niftiTarget(random: RandomStream, folder: string): Promise<string | undefined> {
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

export async function jpegTarget(random: RandomStream, folder: string): Promise<string | undefined> {
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

export async function rleTarget(random: RandomStream): Promise<string | undefined> {
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
export async function damagedTarget(random: RandomStream, folder: string): Promise<string | undefined> {
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
