import { InvalidArgumentError } from 'commander';

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
export function parseSize(text: string): number | [height: number, width: number] | 'auto' | 'original' {
  if (text === 'auto' || text === 'original') return text;
  const [, height, width] = /^(\d+)(?:x(\d+))?$/i.exec(text) ?? [];
  const [rows, columns] = [Number(height), Number(width ?? height)];
  if (height === undefined || !(rows >= 8 && columns >= 8 && rows * columns <= 2 ** 24)) {
    reject('N or HxW in pixels, at least 8 (128 or 96x128), auto or original', text);
  }
  return width === undefined ? rows : [rows, columns];
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

/** Reads a whole number of at least 0, as `--seed` wants it. */
export function parseIndex(text: string): number {
  const value = Number(text);
  if (!wholeNumber.test(text) || value >= 2 ** 31) reject('a whole number of at least 0', text);
  return value;
}

/** Collects the values of a flag that may be given more than once. */
export function collect(value: string, previous?: unknown): string[] {
  // `true` of an optional value that was left out before
  return [...(Array.isArray(previous) ? (previous as string[]) : []), value];
}
