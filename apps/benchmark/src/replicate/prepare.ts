import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { IGNORED, openDataset, resizeSample, spread, type Sample, type SampleSource } from '@segloss/data';
import { OutputError, OutputFolder } from '@segloss/trainer';
import { encode } from 'fast-png';

import { LIMIT, type PaperSet } from './sets.js';

/** Says which images and sizes a prepared folder was made from. */
const STAMP = 'prepared.json';

/**
 * Writes a data set at the size at which it is trained: `images/` and `masks/` (class indices, 255 is ignored) as PNG, `train.txt`, `val.txt`
 * and `classes.txt`. Reading large images again in every training would take longer than training. Of volumes the slices across depth.
 *
 * A folder that was prepared in the same way is left as it is.
 *
 * @param source Folder of the data set. @param target Folder to write.
 * @throws {DataError} If the images or masks cannot be read.
 * @throws {OutputError} If the target is the source, lies in it, or is a folder that was not prepared here.
 */
export async function prepareSet(set: PaperSet, source: string, target: string): Promise<void> {
  const stamp = JSON.stringify({ source: path.resolve(source), ...set, limit: LIMIT });
  const file = path.join(target, STAMP);
  const prepared = existsSync(file);
  if (prepared && readFileSync(file, 'utf8') === stamp) return;
  new OutputFolder(target, { reads: [source] }); // refuses the source, and folders in it
  // The folder is replaced as a whole: it must be one that was prepared here.
  if (existsSync(target) && !prepared) {
    throw new OutputError(`${target}: exists, and was not made by segloss replicate; choose another --out`);
  }
  const draft = `${target}.segloss-draft`;
  rmSync(draft, { recursive: true, force: true });
  for (const part of ['images', 'masks']) mkdirSync(path.join(draft, part), { recursive: true });
  const { classes, train, val } = await openDataset(source);
  const lists = { train, val } as const;
  for (const [name, sources] of Object.entries(lists)) {
    const chosen = set.foregroundOnly ? await withForeground(sources) : sources;
    const written = await writeImages(spread(chosen, LIMIT), set, draft);
    writeFileSync(path.join(draft, `${name}.txt`), lines(written));
  }
  writeFileSync(path.join(draft, 'classes.txt'), lines(classes));
  writeFileSync(path.join(draft, STAMP), stamp);
  rmSync(target, { recursive: true, force: true });
  renameSync(draft, target);
}

/** Those with a foreground pixel, out of four times as many as are needed. */
async function withForeground(sources: readonly SampleSource[]): Promise<SampleSource[]> {
  const kept: SampleSource[] = [];
  for (const source of spread(sources, 4 * LIMIT)) {
    const { mask } = await source.load();
    if (mask.some((label) => label !== 0 && label !== IGNORED)) kept.push(source);
  }
  return kept;
}

async function writeImages(
  sources: readonly SampleSource[],
  { size: [height, width] }: PaperSet,
  folder: string,
): Promise<string[]> {
  const names: string[] = [];
  for (const source of sources) {
    const sample = resizeSample(await source.load(), height, width);
    const name = `${sample.id.replace(/[^A-Za-z0-9.-]+/g, '-')}.png`;
    writeFileSync(path.join(folder, 'images', name), encode({ ...shape(sample), data: bytes(sample.image) }));
    writeFileSync(
      path.join(folder, 'masks', name),
      encode({ ...shape(sample), channels: 1, data: sample.mask }),
    );
    names.push(name);
  }
  return names;
}

const shape = ({ width, height, channels }: Sample) => ({ width, height, channels, depth: 8 as const });
const bytes = (image: Float32Array) => Uint8Array.from(image, (value) => Math.round(255 * value));
const lines = (names: readonly string[]) => names.map((name) => `${name}\n`).join('');
