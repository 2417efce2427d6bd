import {
  DataError,
  decodeImage,
  decodeMasks,
  parseLabelMap,
  type FileBytes,
  type LabelMap,
} from '@segloss/data/masks';

import { type Fault } from './faults.js';
import { maskFolder, maskId, READABLE } from './pair-files.js';
import { grayProbabilities, reading } from './read-mask.js';
import type { MaskStore } from './read-runs.js';

/** A folder whose files are given: their paths below it, with `/` between folders, and their bytes. */
export interface FileFolder {
  readonly name: string;
  readonly files: ReadonlyMap<string, FileBytes>;
}

const NIFTI = /\.nii(\.gz)?$/i;
const LABEL_MAP = 'label-map.json';

/** Folders that are in memory, such as those dropped on a page. No two may have one name. */
export function fileStore(folders: readonly FileFolder[]): MaskStore {
  const named = new Map(folders.map((folder) => [folder.name, folder]));
  const all = new Map<string, FileBytes>(
    folders.flatMap(({ name, files }) =>
      [...files].map(([path, file]) => [`${name}/${path}`, file] as const),
    ),
  );
  const contentOf = (file: string): FileBytes => {
    const found = all.get(file);
    if (found === undefined) throw new DataError(`cannot read ${file}: there is no such file`, 'unreadable');
    return found;
  };
  return {
    list: async (folder) => {
      const paths = [...(named.get(folder)?.files.keys() ?? [])].sort();
      const masks = paths.filter((path) => READABLE.test(path) && !/(^|\/)\._/.test(path));
      const volumes = masks.filter((path) => NIFTI.test(path));
      const faults = volumes.map((path): Fault => ({
        kind: 'unreadable',
        id: maskId(path),
        message: `cannot read ${folder}/${path}: NIfTI is read by the command: segloss analyze`,
      }));
      const images = masks.filter((path) => !NIFTI.test(path));
      return maskFolder(folder, images.map((path) => [maskId(path), `${folder}/${path}`]), faults); // prettier-ignore
    },
    labelMap: async (folder): Promise<LabelMap | undefined> => {
      const file = named.get(folder)?.files.get(LABEL_MAP);
      if (file === undefined) return undefined;
      const bytes = await file.arrayBuffer();
      return parseLabelMap(`${folder}/${LABEL_MAP}`, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    },
    open: (files, options) => decodeMasks(new Map(files.map((file) => [file, contentOf(file)])), options),
    probabilities: (file) =>
      reading(async () => grayProbabilities(file, await decodeImage(file, contentOf(file)))),
    same: async (a, b) => {
      const [one, two] = [all.get(a), all.get(b)];
      if (one === undefined || two === undefined || one.size !== two.size) return false;
      const [x, y] = (await Promise.all([one.arrayBuffer(), two.arrayBuffer()])).map((buffer) => new Uint8Array(buffer)); // prettier-ignore
      return x!.every((byte, i) => byte === y![i]);
    },
  };
}
