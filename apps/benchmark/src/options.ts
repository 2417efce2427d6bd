import { InvalidArgumentError } from 'commander';

/** What `segloss demo` and `segloss run` were asked to do, after parsing. */
export interface Settings {
  /** Folder of the user's data; undefined means the embedded demo data. */
  readonly data: string | undefined;
  /** Specs as the user wrote them. */
  readonly losses: readonly string[];
  readonly seeds: readonly number[];
  readonly epochs: number;
  /** Height and width that images are resized to; undefined keeps the data's own size. */
  readonly size: Size | undefined;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Filters of the U-Net's levels; their number is its depth. */
  readonly widths: readonly number[];
  /** Normalization after each convolution of the U-Net. */
  readonly norm: 'batch' | 'none';
  /** At most so many training and so many validation images, evenly spaced; undefined means all. */
  readonly limit: number | undefined;
  readonly backend: string;
  readonly out: string;
  readonly jobs: number | undefined;
}

export interface Size {
  readonly height: number;
  readonly width: number;
}

const wholeNumber = /^\d+$/;

function reject(wanted: string, got: string): never {
  throw new InvalidArgumentError(`Wanted ${wanted}, got "${got}".`);
}

/** Reads a whole number of at least 1, as `--epochs` wants it. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!wholeNumber.test(text) || value < 1 || !Number.isSafeInteger(value)) {
    reject('a whole number of at least 1', text);
  }
  return value;
}

/** Reads a number greater than 0, as `--learning-rate` wants it. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    reject('a number greater than 0', text);
  }
  return value;
}

/** Reads a share from 0 to below 1, as `--overlap` wants it. */
export function parseShare(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value < 1)) reject('a number from 0 to below 1', text);
  return value;
}

/** Reads `3` as the seeds 0, 1, 2 and `5,8` (or `5,`) as exactly the listed seeds. */
export function parseSeeds(text: string): number[] {
  const wanted = 'a number of seeds (3 means 0,1,2) or a list of different seeds (5,8)';
  if (!text.includes(',')) {
    if (!wholeNumber.test(text) || Number(text) < 1 || Number(text) > 1000) reject(wanted, text);
    return Array.from({ length: Number(text) }, (_, seed) => seed);
  }
  const parts = text.replace(/,$/, '').split(',');
  const seeds = parts.map(Number);
  const valid = parts.every((part) => wholeNumber.test(part)) && seeds.every((seed) => seed < 2 ** 31);
  if (!valid || new Set(seeds).size !== seeds.length) reject(wanted, text);
  return seeds;
}

/** Reads `128` as a square and `96x128` as height x width, in pixels. */
export function parseSize(text: string): Size {
  const [, height, width] = /^(\d+)(?:x(\d+))?$/i.exec(text) ?? [];
  const size = { height: Number(height), width: Number(width ?? height) };
  if (height === undefined || !(size.height >= 8 && size.width >= 8 && size.height * size.width <= 2 ** 24)) {
    reject('N or HxW in pixels, at least 8 (128 or 96x128)', text);
  }
  return size;
}

/** Reads `8,16,32` as the filters of a U-Net with three levels. */
export function parseWidths(text: string): number[] {
  const parts = text.split(',');
  const widths = parts.map(Number);
  if (!parts.every((part) => wholeNumber.test(part)) || !widths.every((w) => w >= 1 && w <= 1024)) {
    reject('a list of whole numbers from 1 to 1024 (8,16,32)', text);
  }
  return widths;
}

const backends = ['auto', 'tensorflow', 'webgpu', 'wasm', 'cpu'];

/** Reads the name of a backend, or `auto`. */
export function parseBackend(text: string): string {
  if (!backends.includes(text)) reject(backends.join(', '), text);
  return text;
}

/** Reads `batch` or `none`. */
export function parseNorm(text: string): Settings['norm'] {
  if (text !== 'batch' && text !== 'none') reject('batch or none', text);
  return text;
}

/** Gathers a flag that may be given more than once. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
