import { readNifti } from '../formats/nifti/read.js';
import { readMask } from './images.js';
import { KeptMasks } from './kept-masks.js';
import { maskFacts, NIFTI_FILE } from './mask-facts.js';
import { maskSet, type MaskValues, type OpenedMasks, type OpenMasksOptions } from './mask-set.js';
import { labelValues } from './volumes.js';

/**
 * Opens label masks (PNG, TIFF, JPEG, NIfTI) that belong together, such as all true masks or all predictions of one model. The rule is
 * decided by what all of them hold: class numbers; or 0 and 1, 0 and 255, or black and white with grays at the borders, which are
 * 0 and 1. A file whose values are no labels (fractions, a photograph) is a fault and has no say in the rule. Kept are
 * facts about the masks, in memory and in the user's cache folder, and at most 32 MiB of masks that were just read.
 *
 * @param files Paths.
 * @throws {DataError} `bad-label`, if it is unclear what masks mean: some hold 0 and 1 and others 0 and 255, some hold class numbers
 *   and others only 0 and 255, class numbers were scaled to be visible or saved as JPEG, or palettes have different orders.
 *
 * @example
 * ```ts
 * const { tmpdir } = await import('node:os');
 * const file = `${tmpdir()}/segloss-example-mask.nii`;
 * await writeNifti(file, Uint8Array.of(0, 255, 0), { shape: [1, 1, 3] });
 * const { labels, read } = await openMasks([file]);
 * labels; // → [0, 1]
 * Array.from((await read(file)).values); // → [0, 1, 0]
 * ```
 */
export async function openMasks(
  files: readonly string[],
  options: OpenMasksOptions = {},
): Promise<OpenedMasks> {
  const kept = new KeptMasks();
  return maskSet(await maskFacts(files, kept), options, (file) => readValues(file, kept));
}

async function readValues(file: string, kept: KeptMasks): Promise<MaskValues> {
  if (NIFTI_FILE.test(file)) {
    const volume = await readNifti(file);
    const { shape, affine, placed } = volume;
    return { shape, values: labelValues(file, volume), lossy: false, volume: { shape, affine, placed } };
  }
  const { height, width, values, lossy } = kept.get(file) ?? (await readMask(file, { allowJpeg: true }));
  return { shape: [height, width], values, lossy };
}
