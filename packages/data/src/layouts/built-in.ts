import { createRequire } from 'node:module';
import path from 'node:path';

import { DataError } from '../errors.js';
import { type SegmentationDataset } from '../samples/sample.js';
import { demoDataset, syntheticDataset } from '../samples/synthetic.js';
import { openDataset } from './open-dataset.js';

/** Data sets that need no download, by the name that `data.folder` takes. */
const BUILT_IN: Record<string, () => Promise<SegmentationDataset>> = {
  demo: async () => demoDataset(),
  'demo:rare': async () =>
    named('rare and blurry lesions', { proportion: 0.03, blur: 6, contrast: 0.35, seed: 11 }),
  'demo:mixed': async () =>
    named('blurry lesions of mixed sizes', {
      proportion: [0.01, 0.05, 0.2],
      blur: 6,
      contrast: 0.35,
      seed: 12,
    }),
  'demo:large': async () =>
    named('large and blurry lesions', { proportion: 0.3, blur: 10, contrast: 0.3, seed: 13 }),
  'demo:nuclei': async () => ({ ...(await openDataset(nucleiFolder())), name: 'nuclei' }),
};

function named(name: string, options: Parameters<typeof syntheticDataset>[0]): SegmentationDataset {
  return { ...syntheticDataset({ size: 32, train: 48, val: 48, noise: 0.15, ...options }), name };
}

/** The package finds itself by its name, from its sources and from its build. */
function nucleiFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('@segloss/data/package.json');
  return path.join(path.dirname(manifest), 'demo/nuclei');
}

/**
 * Returns whether the name is that of a built-in data set; `./demo` names a folder instead.
 *
 * @example
 * ```ts
 * [isBuiltIn('demo:rare'), isBuiltIn('./demo')]; // → [true, false]
 * ```
 */
export function isBuiltIn(name: string): boolean {
  return name === 'demo' || name.startsWith('demo:');
}

/**
 * Opens a data set that comes with the package: `demo` (64 + 32 images of 64 x 64 with about 3 % lesion), `demo:rare`, `demo:mixed` and
 * `demo:large` (48 + 48 images of 32 x 32, regions of 3 %, of 1, 5 or 20 %, and of 30 %, with blurred outlines), and `demo:nuclei` (48 +
 * 33 real crops of 32 x 32, 13 % nuclei).
 *
 * @throws {DataError} `missing-folder`, if there is no such data set.
 *
 * @see A. Goodman et al., "2018 Data Science Bowl" (BBBC038v1), CC0: the nuclei.
 *
 * @example
 * ```ts
 * const { train, val, classes } = await openBuiltIn('demo:rare');
 * [train.length, val.length, classes]; // → [48, 48, ["background", "lesion"]]
 * ```
 */
export async function openBuiltIn(name: string): Promise<SegmentationDataset> {
  const open = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  if (open !== undefined) return open();
  throw new DataError(
    `no built-in data set "${name}"; wanted ${Object.keys(BUILT_IN).join(', ')}, or the path of a folder`,
    'missing-folder',
  );
}
