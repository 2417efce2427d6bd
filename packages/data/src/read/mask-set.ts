import { DataError } from '../errors.js';
import { type PlacedVolume } from '../formats/nifti/same-place.js';
import { IGNORED } from '../samples/sample.js';
import { blackAndWhite, checkPalettes } from './black-and-white.js';
import { labelOf, labelsOf, mappedLabels, type LabelMap, type LabelRule } from './labels.js';
import { type MaskFacts } from './facts.js';

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
  /** Of masks with a palette: its name, and the colors of the labels that are used. */
  readonly palettes: ReadonlyMap<string, Pick<MaskFacts, 'palette'>>;
  /** Why files cannot be read; the rule is decided without them. */
  readonly faults: ReadonlyMap<string, DataError>;
  /**
   * Reads a mask.
   *
   * @throws {DataError} `unreadable` or `bad-label`; for a file with a fault, that fault.
   */
  read(file: string): Promise<LabelMask>;
}

/** Labels of an image or a volume. */
export interface LabelMask {
  /** [height, width] or [depth, height, width]. */
  readonly shape: readonly number[];
  /** The label of each pixel. */
  readonly values: ArrayLike<number>;
  /** Where a NIfTI volume lies, for `inOrderOf`; absent for images. */
  readonly volume?: PlacedVolume;
}

/** Options of `openMasks`. */
export interface OpenMasksOptions {
  /** Replaces values, like that of `openDataset`. */
  readonly labelMap?: LabelMap | undefined;
  /** The label of pixels that do not count; default 255, unless it is the foreground. */
  readonly ignored?: number | undefined;
  /** Number of classes, if known. With more than two, masks hold class numbers: 255 is never the foreground, JPEG is refused. */
  readonly classes?: number | undefined;
  /** Masks that these are compared with: where a color stands for another label there, both are refused. */
  readonly comparedWith?: OpenedMasks | undefined;
}

/** Values of a mask that was read, before the label rule. */
export interface MaskValues extends LabelMask {
  /** Whether the values may differ from those that were saved, as in JPEG. */
  readonly lossy: boolean;
}

/**
 * Decides the label rule of masks that belong together; see `openMasks`, which reads files.
 *
 * @param found What each file holds, or why it cannot be read.
 * @param readValues Reads a file that has no fault.
 * @throws {DataError} `bad-label`, if it is unclear what masks mean.
 */
export function maskSet(
  found: ReadonlyMap<string, MaskFacts | DataError>,
  options: OpenMasksOptions,
  readValues: (file: string) => Promise<MaskValues>,
): OpenedMasks {
  const faults = new Map<string, DataError>();
  const facts = new Map<string, MaskFacts>();
  for (const [file, one] of found) {
    const fault = one instanceof DataError ? one : noLabels(file, one);
    if (fault === undefined) facts.set(file, one as MaskFacts);
    else faults.set(file, fault);
  }
  checkPalettes(facts);
  const { rule, said, warnings } = decide(facts, faults, options);
  const palettes = palettesOf(facts, rule);
  checkPalettes(new Map([...(options.comparedWith?.palettes ?? []), ...palettes]));
  const mark = options.ignored ?? IGNORED;
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
    palettes,
    faults,
    read: async (file) => {
      const fault = faults.get(file);
      if (fault !== undefined) throw fault;
      const { shape, values, volume, lossy } = await readValues(file);
      const labels = rule === undefined ? values : labelsOf(file, { values, lossy }, rule);
      return { shape, values: labels, ...(volume && { volume }) };
    },
  };
}

/** Palettes by label, as black and white may be 0 and 1 in some masks and 0 and 255 in others. */
function palettesOf(
  facts: ReadonlyMap<string, MaskFacts>,
  rule: LabelRule | undefined,
): OpenedMasks['palettes'] {
  const labelled = (index: string) =>
    rule === undefined ? Number(index) : labelOf(Number(index), false, rule);
  return new Map(
    [...facts].flatMap(([file, { palette }]) => {
      if (palette === undefined) return [];
      const colors = Object.entries(palette.colors).map(([index, color]) => [
        labelled(index) ?? index,
        color,
      ]);
      return [[file, { palette: { name: palette.name, colors: Object.fromEntries(colors) } }] as const];
    }),
  );
}

interface Decision {
  /** Undefined for class numbers as they stand. */
  readonly rule: LabelRule | undefined;
  readonly said: string;
  readonly warnings: readonly string[];
}

/** Largest class number that is read. */
const MAX_LABEL = 65535;

/** The fault of a mask that holds what can be no class number. */
function noLabels(file: string, { values }: MaskFacts): DataError | undefined {
  const wrong = values.find(([value]) => !(Number.isInteger(value) && value >= 0 && value <= MAX_LABEL));
  if (wrong === undefined) return undefined;
  const [value] = wrong;
  const remedy =
    value > 0 && value < 1
      ? 'if these are probabilities, set --probabilities (segloss analyze)'
      : `labels are whole numbers from 0 to ${MAX_LABEL}`;
  return new DataError(`wanted labels in ${file}, got ${value}; ${remedy}`, 'bad-label', values);
}

/** Decides over all masks; moves photographs from `facts` to `faults`. */
function decide(
  facts: Map<string, MaskFacts>,
  faults: Map<string, DataError>,
  { labelMap, ignored, classes = 0 }: OpenMasksOptions,
): Decision {
  if (labelMap !== undefined) return mapped(facts, labelMap);
  const lossy = [...facts.values()].some((one) => one.lossy);
  if (classes > 2) {
    if (lossy) throw lostClassNumbers(facts);
    return CLASS_NUMBERS;
  }
  const holds = (value: number) => [...facts.values()].some(({ values }) => values.some(([one]) => one === value)); // prettier-ignore
  const namesIgnored = ignored === IGNORED || (ignored !== undefined && holds(1) && holds(IGNORED));
  if (namesIgnored && !lossy) return CLASS_NUMBERS;
  const two = twoClasses(facts) ?? (movePhotographs(facts, faults) ? twoClasses(facts) : undefined);
  if (two !== undefined) return two;
  if ([...facts.values()].some((one) => one.lossy)) throw mixedWithJpeg();
  if (ignored === undefined) checkMeaningOf255(facts);
  return CLASS_NUMBERS;
}

const CLASS_NUMBERS: Decision = { rule: undefined, said: 'class numbers as they stand', warnings: [] };

function mapped(facts: ReadonlyMap<string, MaskFacts>, labelMap: LabelMap): Decision {
  const values = new Set([...facts.values()].flatMap((one) => one.values.map(([value]) => value)));
  const numbers = [...values].filter((value) => value < 256);
  const table = new Int16Array(256).fill(-1);
  for (const value of [...numbers, ...Object.values(labelMap)]) table[value] = value;
  const rule = mappedLabels({ table, jpeg: [0, 1], remedy: 'labels are whole numbers from 0 to 255' }, labelMap); // prettier-ignore
  return { rule, said: `class numbers, by the label map ${JSON.stringify(labelMap)}`, warnings: [] };
}

/** The rule of background and foreground, if every value fits it. */
function twoClasses(facts: ReadonlyMap<string, MaskFacts>): Decision | undefined {
  const decided = blackAndWhite(facts, { foreground: 'foreground', whiteIsForeground: false });
  const fits = [...facts.values()].every((one) => one.values.every(([value]) => labelOf(value, one.lossy, decided.rule) !== undefined)); // prettier-ignore
  return fits ? decided : undefined;
}

/** More values than this in an image are no class numbers, unless the caller knows of so many classes. */
const MAX_VALUES = 64;

/** Whether there was any. */
function movePhotographs(facts: Map<string, MaskFacts>, faults: Map<string, DataError>): boolean {
  const photographs = [...facts].filter(
    ([, { shape, values, lossy }]) => shape.length === 2 && !lossy && values.length > MAX_VALUES,
  );
  for (const [file, { values }] of photographs) {
    facts.delete(file);
    const message =
      `wanted labels in ${file}, got ${values.length} values; a photograph, a mask resized with interpolation, or probabilities ` +
      '(segloss analyze: --probabilities); if they are labels, name the classes (segloss analyze: --classes)';
    faults.set(file, new DataError(message, 'bad-label', values));
  }
  return photographs.length > 0;
}

function lostClassNumbers(facts: ReadonlyMap<string, MaskFacts>): DataError {
  const [file] = [...facts].find(([, { lossy }]) => lossy)!;
  return new DataError(
    `wanted class numbers, got JPEG in ${file}: class numbers that are saved as JPEG are lost; export the masks again as PNG`,
    'bad-label',
  );
}

function mixedWithJpeg(): DataError {
  return new DataError(
    'wanted masks of one kind, got class numbers in some and JPEG in others, which has no exact values; save all masks as PNG',
    'bad-label',
  );
}

/** Throws where 255 among class numbers is as likely a class as the mark of pixels that do not count. */
function checkMeaningOf255(facts: ReadonlyMap<string, MaskFacts>): void {
  const all = [...facts];
  if (!all.some(([, { values }]) => values.some(([value]) => value === IGNORED))) return;
  const remedy =
    'if such pixels do not count, set `ignored: 255` (segloss analyze: --ignore 255); if 255 is a class, name another number';
  const scaled = all.find(([, { values }]) => values.some(([value]) => value > 127 && value < IGNORED));
  if (scaled !== undefined) {
    const [file, { values }] = scaled;
    const list = values.slice(0, 8).map(([value]) => value).join(', '); // prettier-ignore
    throw new DataError(
      `wanted class numbers, got ${list}${values.length > 8 ? ', …' : ''} in ${file}, and 255 too: labels scaled to be visible, or ` +
        `blurred; save them as 0, 1, 2, …; ${remedy}`,
      'bad-label',
      values,
    );
  }
  const white = all.find(([, { values }]) => values.at(-1)?.[0] === IGNORED && values.every(([value]) => value === 0 || value === IGNORED)); // prettier-ignore
  if (white === undefined) return;
  const other = all.find(([, { values }]) => values.some(([value]) => value !== 0 && value !== IGNORED))!;
  throw new DataError(
    `wanted masks of one kind, got class numbers in ${other[0]} and only 0 and 255 in ${white[0]}; ${remedy}`,
    'bad-label',
  );
}
