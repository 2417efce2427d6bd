import { DataError, type DataErrorCode } from '../errors.js';
import { type LabelMap } from '../read/labels.js';
import { openDataset } from '../layouts/open-dataset.js';
import { type OpenDatasetOptions } from '../layouts/layout.js';
import { IntensityRange } from '../samples/intensities.js';
import { IGNORED, type Finding, type SampleSource, type SegmentationDataset } from '../samples/sample.js';
import { guessLabels, remedyOf } from '../read/label-guess.js';
import { differenceHash, DifferenceHashIndex } from './difference-hash.js';
import { SplitTally, type SplitReport } from './split-tally.js';

/** Two images of different parts that look alike. */
export interface NearDuplicate {
  readonly train: string;
  readonly val: string;
  /** How many of 256 bits of their difference hashes differ. */
  readonly bits: number;
}

/** What {@link checkDataset} found. */
export interface DatasetReport {
  readonly folder: string;
  /** Whether every image can be read with its mask. */
  readonly usable: boolean;
  readonly description: string;
  readonly classes: readonly string[];
  readonly train: SplitReport;
  readonly val: SplitReport;
  /** Of every kind of fault at most ten; `faults` counts them all. */
  readonly problems: readonly Finding[];
  readonly faults: number;
  readonly warnings: readonly Finding[];
  /** The nearest training image of each validation image that has a near one. */
  readonly nearDuplicates: readonly NearDuplicate[];
  /** What would make wrong mask values right, as far as one can guess: write it to `label-map.json` in the folder. */
  readonly labelMap?: LabelMap;
}

/** Of each kind of fault so many are told one by one. */
const TOLD = 10;

/**
 * Reads every image and mask of a data set once, one after the other, and reports what they hold and what is wrong with them:
 * sizes, class proportions and region sizes, faults of files, probable causes of wrong mask values, classes without pixels, and
 * images of training and validation that look alike.
 *
 * Alike are images whose difference hashes of 16 x 16 gray areas differ in at most 10 of 256 bits.
 *
 * @param folder Path. @param options As for {@link openDataset}.
 * @returns The report; faults of the data do not throw.
 * @throws {RangeError} If an option is unknown or out of range.
 *
 * @example
 * ```ts
 * const { usable, problems } = await checkDataset('no-such-folder');
 * usable; // → false
 * problems[0].kind; // → "missing-folder"
 * ```
 */
export async function checkDataset(folder: string, options: OpenDatasetOptions = {}): Promise<DatasetReport> {
  const faults = new Faults();
  const dataset = await openDataset(folder, options).catch((error: unknown) => faults.add(error));
  const classes = dataset?.classes ?? [];
  const train = new SplitTally(classes.length);
  const val = new SplitTally(classes.length);
  const range = new IntensityRange();
  const nearDuplicates = dataset ? await readAll(dataset, { train, val, range }, faults) : [];
  // What opening found already is not told twice: files that were read again, and values that are no labels of many masks.
  for (const { kind, message } of dataset?.faults ?? []) {
    if (!['no-data', 'no-foreground'].includes(kind)) continue;
    if (kind === 'no-foreground' && faults.count > 0) continue; // its cause is said
    faults.add(new DataError(message, kind as DataErrorCode));
  }
  const reports = { train: train.report(), val: val.report() };
  const guess = guessOf(classes, dataset?.multilabel ?? false, reports, faults);
  const warnings: Finding[] = [
    ...(guess?.finding ? [guess.finding] : []),
    ...(dataset?.warnings ?? []).filter(({ kind }) => kind === 'label-rule'),
    ...(range.finding ? [range.finding] : []),
    ...(dataset ? warningsOf(classes, reports, nearDuplicates) : []),
  ];
  return {
    folder,
    usable: faults.count === 0,
    description: dataset?.description ?? '',
    classes,
    ...reports,
    problems: faults.told,
    faults: faults.count,
    warnings,
    nearDuplicates,
    ...(guess?.labelMap && { labelMap: guess.labelMap }),
  };
}

/** Counts faults, keeps some of each kind, and the values of masks that are no labels. What all slices of a volume share is one fault. */
class Faults {
  readonly #known = new Set<string>();
  readonly told: Finding[] = [];
  readonly values = new Set<number>();

  get count(): number {
    return this.#known.size;
  }

  /** @throws What is no fault of the data. */
  add(error: unknown): undefined {
    if (!(error instanceof DataError)) throw error;
    if (this.#known.has(error.message)) return undefined;
    this.#known.add(error.message);
    for (const [value] of error.values) this.values.add(value);
    if (this.told.filter(({ kind }) => kind === error.code).length < TOLD) {
      this.told.push({ kind: error.code, message: error.message });
    }
    return undefined;
  }
}

async function readAll(
  dataset: SegmentationDataset,
  { train, val, range }: { train: SplitTally; val: SplitTally; range: IntensityRange },
  faults: Faults,
): Promise<NearDuplicate[]> {
  const known = new DifferenceHashIndex();
  const found: NearDuplicate[] = [];
  for await (const sample of readable(dataset.train, faults)) {
    train.add(sample);
    range.add(sample);
    const print = differenceHash(sample);
    if (print) known.add(sample.id, print);
  }
  for await (const sample of readable(dataset.val, faults)) {
    val.add(sample);
    range.add(sample);
    const print = differenceHash(sample);
    const near = print && known.nearest(print);
    if (near) found.push({ train: near.id, val: sample.id, bits: near.bits });
  }
  return found;
}

async function* readable(sources: readonly SampleSource[], faults: Faults) {
  for (const source of sources) {
    const sample = await source.load().catch((error: unknown) => faults.add(error));
    if (sample) yield sample;
  }
}

type Reports = Readonly<Record<'train' | 'val', SplitReport>>;

function guessOf(
  classes: readonly string[],
  multilabel: boolean,
  { train, val }: Reports,
  faults: Faults,
): { finding?: Finding; labelMap?: LabelMap } | undefined {
  if (faults.values.size > 0) {
    const { cause, labelMap } = guessLabels(faults.values, classes.length);
    return {
      finding: { kind: 'bad-label', message: `wrong mask values: ${cause}${remedyOf(labelMap)}` },
      ...(labelMap && { labelMap }),
    };
  }
  // 255 means ignored: masks of 0 and 255 then have no foreground at all.
  const pixels = (k: number) => train.pixels[k]! + val.pixels[k]!;
  if (classes.length === 2 && !multilabel && pixels(1) === 0 && train.ignored + val.ignored > 0) {
    return { labelMap: { [IGNORED]: 1 } }; // opening said so
  }
  return undefined;
}

function warningsOf(
  classes: readonly string[],
  reports: Reports,
  nearDuplicates: readonly NearDuplicate[],
): Finding[] {
  const warnings: Finding[] = [];
  for (const [part, { pixels, samples, sizes }] of Object.entries(reports)) {
    const empty = classes.filter((_, k) => pixels[k] === 0);
    if (samples > 0 && empty.length > 0) {
      warnings.push({
        kind: 'empty-class',
        message: `no pixel in ${part} is ${empty.join(', ')}; scores of such a class are meaningless`,
      });
    }
    if (sizes.length > 1) {
      const shown = sizes.slice(0, 3).map(({ size, samples: count }) => `${count} of ${size}`);
      warnings.push({
        kind: 'sizes',
        message: `images of ${sizes.length} sizes in ${part} (${shown.join(', ')}${sizes.length > 3 ? ', …' : ''}); data.size brings them to one size for training`,
      });
    }
  }
  if (nearDuplicates.length > 0) {
    const [{ train, val }] = nearDuplicates as [NearDuplicate];
    warnings.push({
      kind: 'near-duplicates',
      message:
        `${nearDuplicates.length} of ${reports.val.samples} validation images look like training images (${val} like ${train}, …): ` +
        'scores will be too good; split by patient, video or scene',
    });
  }
  return warnings;
}
