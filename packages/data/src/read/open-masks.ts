import { DataError } from '../errors.js';
import { readNifti } from '../formats/nifti/read.js';
import { IGNORED } from '../samples/sample.js';
import { blackAndWhite, checkPalettes } from './black-and-white.js';
import { readMask } from './images.js';
import { labelOf, labelsOf, mappedLabels, type LabelMap, type LabelRule } from './labels.js';
import { maskFacts, NIFTI_FILE, type MaskFacts } from './mask-facts.js';
import { labelValues } from './volumes.js';

/** Masks that are read by one rule, decided over all of them. */
export interface OpenedMasks {
  /** How values become labels, in words. */
  readonly labelRule: string;
  /** What one should know of the rule. */
  readonly warnings: readonly string[];
  /** The labels that the masks hold, rising, without the one that is ignored. */
  readonly labels: readonly number[];
  /** The label of pixels that do not count, if any mask holds it. */
  readonly ignored: number | undefined;
  /** Why files cannot be read; the rule is decided without them. */
  readonly faults: ReadonlyMap<string, DataError>;
  /**
   * Reads a mask.
   *
   * @returns `shape`: [height, width] or [depth, height, width]; `values`: the label of each pixel.
   * @throws {DataError} `unreadable` or `bad-label`.
   */
  read(file: string): Promise<{ shape: readonly number[]; values: ArrayLike<number> }>;
}

/**
 * Opens label masks (PNG, TIFF, JPEG, NIfTI) that belong together, such as all true masks or all predictions of one model. The rule is
 * decided by what all of them hold: class numbers; or 0 and 1, 0 and 255, or black and white with grays at the borders, which are
 * 0 and 1. Only facts about the masks are kept in memory, and in the user's cache folder.
 *
 * @param files Paths. @param options `labelMap`: replaces values, as that of `openDataset`; `ignored`: the label of pixels that do not
 *   count, default 255 unless it is the foreground.
 * @throws {DataError} `bad-label`, if masks contradict each other: some hold 0 and 1 and others 0 and 255, class numbers were saved
 *   as JPEG, or palettes have different orders.
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
  { labelMap, ignored }: { labelMap?: LabelMap | undefined; ignored?: number | undefined } = {},
): Promise<OpenedMasks> {
  const found = await maskFacts(files);
  const faults = new Map(
    [...found].filter((entry): entry is [string, DataError] => entry[1] instanceof DataError),
  );
  const facts = new Map(
    [...found].filter((entry): entry is [string, MaskFacts] => !(entry[1] instanceof DataError)),
  );
  checkPalettes(facts);
  const { rule, said, warnings } = decide(facts, labelMap, ignored);
  const mark = ignored ?? IGNORED;
  const labels = new Set<number>();
  let ignores = false;
  for (const { values, lossy } of facts.values()) {
    for (const [value] of values) {
      const label = rule === undefined ? value : labelOf(value, lossy, rule);
      if (label === undefined) continue;
      if (label === mark) ignores = true;
      else labels.add(label);
    }
  }
  return {
    labelRule: said,
    warnings,
    labels: [...labels].sort((a, b) => a - b),
    ignored: ignores ? mark : undefined,
    faults,
    read: (file) => read(file, rule),
  };
}

/** The rule; undefined for class numbers as they stand. */
function decide(
  facts: ReadonlyMap<string, MaskFacts>,
  labelMap: LabelMap | undefined,
  ignored: number | undefined,
): { rule: LabelRule | undefined; said: string; warnings: readonly string[] } {
  const values = new Set([...facts.values()].flatMap((one) => one.values.map(([value]) => value)));
  const lossy = [...facts.values()].some((one) => one.lossy);
  if (labelMap !== undefined) {
    const numbers = [...values].filter((value) => value < 256);
    const table = new Int16Array(256).fill(-1);
    for (const value of [...numbers, ...Object.values(labelMap)]) table[value] = value;
    const rule = mappedLabels(
      { table, jpeg: [0, 1], remedy: 'labels are whole numbers from 0 to 255' },
      labelMap,
    );
    return { rule, said: `class numbers, by the label map ${JSON.stringify(labelMap)}`, warnings: [] };
  }
  const decided = ignored === IGNORED && !lossy ? undefined : blackAndWhite(facts, { foreground: 'foreground', whiteIsForeground: false }); // prettier-ignore
  const isTwo = decided !== undefined && [...facts.values()].every((one) => one.values.every(([value]) => labelOf(value, one.lossy, decided.rule) !== undefined)); // prettier-ignore
  if (isTwo) return decided;
  if (lossy) {
    throw new DataError(
      'wanted masks of one kind, got class numbers in some and JPEG in others, which has no exact values; save all masks as PNG',
      'bad-label',
    );
  }
  return { rule: undefined, said: 'class numbers as they stand', warnings: [] };
}

async function read(
  file: string,
  rule: LabelRule | undefined,
): Promise<{ shape: readonly number[]; values: ArrayLike<number> }> {
  if (NIFTI_FILE.test(file)) {
    const volume = await readNifti(file);
    if (volume.channels !== 1) {
      throw new DataError(
        `wanted one label for each voxel of ${file}, got ${volume.channels} values; save one volume of class numbers`,
        'bad-label',
      );
    }
    const values = labelValues(file, volume);
    return {
      shape: volume.shape,
      values: rule === undefined ? values : labelsOf(file, { values, lossy: false }, rule),
    };
  }
  const mask = await readMask(file, { allowJpeg: true });
  const { height, width } = mask;
  return { shape: [height, width], values: rule === undefined ? mask.values : labelsOf(file, mask, rule) };
}
