import { join } from 'node:path';

import { readText } from '../formats/bytes.js';
import { parseLabelMap, type LabelMap } from './labels.js';

/** The file of a folder that says what its mask values stand for. */
export const LABEL_MAP = 'label-map.json';

/**
 * Reads `label-map.json` of a folder: what its mask values stand for.
 *
 * @returns The map for `openDataset` or `openMasks`; undefined if the folder has no such file.
 * @throws {DataError} `unreadable` if the file does not map whole numbers to whole numbers.
 *
 * @example
 * ```ts
 * const { mkdtemp, writeFile } = await import('node:fs/promises');
 * const folder = await mkdtemp('/tmp/segloss-example-');
 * await writeFile(`${folder}/label-map.json`, '{"255": 1}');
 * await readLabelMap(folder); // → {"255":1}
 * ```
 */
export async function readLabelMap(folder: string): Promise<LabelMap | undefined> {
  const path = join(folder, LABEL_MAP);
  const text = await readText(path);
  if (text === undefined) return undefined;
  return parseLabelMap(path, text);
}
