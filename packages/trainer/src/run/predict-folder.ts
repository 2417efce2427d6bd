import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { DataError, readImage, type Sample } from '@segloss/data';
import { encode } from 'fast-png';

import { type OpenRun } from './open-run.js';
import { predictImage, type PredictImageOptions } from './predict-image.js';

/** Options of {@link predictFolder}. */
export interface PredictFolderOptions extends PredictImageOptions {
  onImage?: (done: number, of: number) => void;
}

/** What {@link predictFolder} wrote. */
export interface FolderPredictions {
  /** Label images, in the order of the images' names. */
  readonly written: readonly string[];
  /** Images that could not be read, with the reason. */
  readonly unreadable: readonly { readonly image: string; readonly reason: string }[];
}

const IMAGE = /\.(png|jpe?g)$/i;

/**
 * Predicts every PNG and JPEG image of a folder: for each a PNG of the same name, gray, 8 bits, whose values are class indices.
 * An image that cannot be read is told, and the others go on.
 *
 * @param folder Images. @param out Where the label images go; made if it is not there.
 * @throws {DataError} If there are no images.
 *
 * @example
 * ```ts
 * await predictFolder(undefined, 'no-such-folder', 'out').catch((error) => error.code); // → "missing-folder"
 * ```
 */
export async function predictFolder(
  run: OpenRun,
  folder: string,
  out: string,
  options: PredictFolderOptions = {},
): Promise<FolderPredictions> {
  const names = imagesOf(folder);
  mkdirSync(out, { recursive: true });
  const written: string[] = [];
  const unreadable: { image: string; reason: string }[] = [];
  for (const [i, name] of names.entries()) {
    let sample: Sample;
    try {
      sample = await sampleOf(path.join(folder, name), run.inputShape[2]);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      unreadable.push({ image: name, reason: error.message });
      continue;
    }
    const { labels } = await predictImage(run, sample, options);
    const file = path.join(out, `${name.replace(IMAGE, '')}.png`);
    writeFileSync(
      file,
      encode({ width: sample.width, height: sample.height, data: labels, channels: 1, depth: 8 }),
    );
    written.push(file);
    options.onImage?.(i + 1, names.length);
  }
  return { written, unreadable };
}

function imagesOf(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    throw new DataError(`no folder ${folder}; give the path of a folder with images`, 'missing-folder');
  }
  const images = names.filter((name) => IMAGE.test(name));
  if (images.length === 0) throw new DataError(`no images in ${folder}; wanted PNG or JPEG files`, 'no-data');
  return images;
}

/** Gray images are repeated for a model of three channels. */
async function sampleOf(file: string, wanted: number): Promise<Sample> {
  const { width, height, channels, values } = await readImage(file);
  const mask = new Uint8Array(width * height);
  const size = { id: path.basename(file), width, height, channels: wanted, mask };
  if (channels === wanted) return { ...size, image: values };
  if (channels === 1) {
    return {
      ...size,
      image: Float32Array.from({ length: values.length * wanted }, (_, i) => values[Math.floor(i / wanted)]!),
    };
  }
  throw new DataError(
    `${file}: wanted ${wanted} channels as the model takes, got ${channels}`,
    'size-mismatch',
  );
}
