import { DataError, IGNORED, sharedFiles, type SampleSource } from '@segloss/data';
import {
  Reliability,
  scoreCase,
  summarizeCases,
  type CaseScore,
  type CasesSummary,
  type ClassReliability,
  type LesionOptions,
} from '@segloss/metrics';

import { sizesOf } from '../loop/batches.js';
import { together, type Ensemble } from './ensemble.js';
import { type Decoding } from './decode-labels.js';
import { type OpenRun } from './open-run.js';
import { labelsOf, predictImage, type PredictImageOptions } from './predict-image.js';
import { imageOptions } from './image-options.js';
import { openNamed } from './open-named.js';
import { ownImages, trainedImages } from './own-images.js';
import { readOptions } from './run-data.js';
import { weightsHash } from '../weights.js';
import { RunError } from './run-error.js';
import { volumeScores, type VolumeScores } from './volume-scores.js';

/** Options of {@link testRun}. */
export interface TestRunOptions extends PredictImageOptions {
  /** Folder of other data than the run's; with the same classes. */
  data?: string;
  /** Patterns of the files of `data`, as in `openDataset`. */
  images?: string;
  masks?: string;
  /** Default `val`; `test` are the images of `data.test`, `all` those of `data`, whatever its split. */
  part?: 'train' | 'val' | 'test' | 'all';
  /** Also scores distances between surfaces: HD95, ASSD, and the surface Dice at this tolerance, in pixels, of volumes in mm. Default: none. */
  surfaceTolerance?: number;
  /** Decodings to score side by side, instead of `decode`: the images are predicted once. */
  decodings?: readonly Decoding[];
  /** Also scores the lesions (connected components) of each foreground class. Default: not. */
  lesions?: LesionOptions;
  onCase?: (done: number, of: number) => void;
}

/** What one decoding of the probabilities reaches. */
export interface DecodedScores {
  readonly decode: Decoding;
  readonly cases: readonly CaseScore[];
  readonly summary: CasesSummary;
  /** Of a run on slices: the same of whole volumes. */
  readonly volumes?: VolumeScores;
}

/** What a run reaches on a set of images, each at its own size. Undefined scores are null. */
export interface TestReport {
  readonly run: string;
  readonly checkpoint: string;
  /** How labels followed from the probabilities; absent for the most probable class. */
  readonly decode?: Decoding;
  /** When a lesion is found; absent where lesions were not scored. */
  readonly lesions?: LesionOptions;
  readonly classes: readonly string[];
  /** Index of the background class, which the foreground means leave out; null where every class counts. */
  readonly background: number | null;
  readonly cases: readonly CaseScore[];
  /**
   * With `decodings`, the scores of each, of which the first are also `cases` and `summary`. A decoding makes labels of the probabilities and does
   * not change them, so that `marginals.soft` and `reliability` are those of all.
   */
  readonly decodings?: readonly DecodedScores[];
  /** SHA-256 of the weights of each run. */
  readonly weightsSha256: readonly string[];
  /**
   * How many image files of other data are, by their bytes, files that a run was trained on; null where those of a run cannot be read any
   * more. Absent where the run's own images were scored.
   */
  readonly trainedOn?: number | null;
  /** Over all pixels, as means over the images, and as foreground means; missed and invented regions are counted apart. */
  readonly summary: CasesSummary;
  /** Of a run on slices: the scores of whole volumes, from the pixels of all their slices. */
  readonly volumes?: VolumeScores;
  /** Label marginals of the set: true, predicted by summed probabilities, by counted labels. */
  readonly marginals: { readonly truth: number[]; readonly soft: number[]; readonly hard: number[] };
  /** Temperature of each run's probabilities; null where it was opened without `calibrated`. */
  readonly temperatures: readonly (number | null)[];
  /** How far the probabilities of each class are from its shares, over all pixels of the set: ECE, ACE, MCE, and their bins. */
  readonly reliability: readonly ClassReliability[];
}

/**
 * Tests a trained run: every image is predicted at its own size (resized to the model's and back, or by a sliding window) and scored
 * there.
 *
 * @param given One run, or several, whose probabilities are averaged.
 * @throws {RunError} If other data have other classes, or the run's own data have changed since it was trained. @throws {DataError} If an image
 *   cannot be read, or there is none.
 *
 * @example
 * ```ts
 * const { tmpdir } = await import('node:os');
 * const config = parseConfig({ data: { folder: 'demo', limit: 2, size: 16 }, model: { widths: [2] }, epochs: 1, backend: 'wasm', out: tmpdir() });
 * const { folder } = await runTraining({ config, origin: {}, folder: '.', file: 'tested.yaml' }, { fresh: true });
 * const { cases, marginals } = await testRun(await openRun(folder));
 * cases.length; // → 2
 * marginals.truth.reduce((a, b) => a + b); // → 1
 * ```
 */
export async function testRun(
  given: OpenRun | readonly OpenRun[],
  options: TestRunOptions = {},
): Promise<TestReport> {
  const runs = together(given);
  const [run] = runs;
  const { classes, background } = run;
  const sources = await sourcesOf(runs, options);
  const { surfaceTolerance: tolerance, lesions, onCase } = options;
  const distances =
    tolerance === undefined ? { distances: 'none' as const } : { distances: 'all' as const, tolerance };
  const decodings = decodingsOf(options);
  const scored = (decodings ?? [options.decode]).map((decode) => ({ decode, cases: [] as CaseScore[] }));
  const [first] = scored as [(typeof scored)[number]];
  const how = { ...options, ...(first.decode && { decode: first.decode }) };
  const reliability = new Reliability({ numClasses: classes.length, ignoreIndex: IGNORED });
  for (const source of sources) {
    const sample = await source.load();
    const { labels: ofFirst, probabilities } = await predictImage(runs, sample, how);
    reliability.add(sample.mask, probabilities);
    for (const { decode, cases } of scored) {
      const labels = cases === first.cases ? ofFirst : labelsOf(runs, sample, probabilities, decode!);
      cases.push(
        scoreCase({
          ...{ id: source.id, truth: sample.mask, predicted: labels, probabilities, classes, background },
          ...distances,
          ...(lesions && { lesions }),
          shape: sizesOf(sample),
          ...(sample.depth !== undefined && sample.spacing && { spacing: sample.spacing }),
          ignoreIndex: IGNORED,
        }),
      );
    }
    onCase?.(first.cases.length, sources.length);
  }
  const { cases } = first;
  const trainedOn = options.data === undefined ? undefined : await countTrained(runs, sources);
  const volumesOf = (some: readonly CaseScore[]) => {
    const complete = options.data !== undefined || run.config.data.limit === undefined; // of some slices no volume is scored
    const volumes = complete ? volumeScores(some, sources, { classes, background }) : undefined;
    return volumes === undefined ? {} : { volumes };
  };
  const summaryOf = (some: readonly CaseScore[]) => summarizeCases(some, { classes, background });
  const summary = summaryOf(cases);
  return {
    ...{
      run: runs.map(({ folder }) => folder).join(', '),
      checkpoint: run.checkpoint,
      ...(first.decode && { decode: first.decode }),
      ...(lesions && { lesions }),
      classes,
      background,
      cases,
      ...(decodings && { decodings: scored.map((one) => ({ ...one, decode: one.decode!, summary: summaryOf(one.cases), ...volumesOf(one.cases) })) }), // prettier-ignore
      weightsSha256: await Promise.all(runs.map(({ model }) => weightsHash(model))),
      ...(trainedOn !== undefined && { trainedOn }),
      summary,
      ...volumesOf(cases),
    },
    marginals: {
      truth: summary.classes.map(({ truth }) => truth),
      soft: summary.classes.map(({ soft }) => soft!.predicted),
      hard: summary.classes.map(({ hard }) => hard.predicted),
    },
    temperatures: runs.map(({ temperature = null }) => temperature),
    reliability: reliability.classes(),
  };
}

function decodingsOf({ decode, decodings }: TestRunOptions): readonly Decoding[] | undefined {
  if (decodings === undefined) return undefined;
  if (decode !== undefined) {
    throw new TypeError('testRun: wanted decode or decodings, got both; put decode first among decodings');
  }
  if (decodings.length > 0) return decodings;
  throw new RangeError('testRun: wanted at least one decoding, got an empty list; leave decodings out');
}

async function sourcesOf(
  runs: Ensemble,
  { data, images, masks, part = 'val' }: TestRunOptions,
): Promise<SampleSource[]> {
  const [run, ...others] = runs;
  if (data === undefined && (images ?? masks) !== undefined)
    throw new TypeError('testRun: wanted data with images and masks, got no folder; add data');
  if (data === undefined && part === 'all') {
    throw new TypeError("testRun: wanted data with part 'all', got no folder: a run is not tested on what it was trained with; add data, or choose another part"); // prettier-ignore
  }
  const { background, volumes, intensityRange } = imageOptions(run.config); // its patterns are those of its own folder
  const read = readOptions({
    ...(background !== undefined && { background }),
    ...(volumes && { volumes }),
    ...(intensityRange && { intensityRange }),
    ...(images !== undefined && { images }),
    ...(masks !== undefined && { masks }),
  });
  const dataset = data === undefined ? await ownImages(run) : await openNamed(data, read);
  const other = others.find((one) =>
    part === 'test' ? one.config.data.test !== run.config.data.test : one.fingerprint !== run.fingerprint,
  );
  if (data === undefined && other !== undefined) {
    throw new RunError(
      `testRun: wanted runs on the same images, got other images in ${other.folder} than in ${run.folder}: what one validates with, the other may have been ` +
        'trained with; name the folder to score as data (segloss test: --data)',
      'other-data',
    );
  }
  const folder = data ?? run.config.data.folder;
  if (dataset.classes.join() !== run.classes.join()) {
    throw new RunError(
      `testRun: wanted data with the classes ${run.classes.join(', ')}, got ${dataset.classes.join(', ')} in ${folder}`,
      'other-classes',
    );
  }
  const [own, named] = [run.channelNames, dataset.channelNames].map((names) => names?.join(', '));
  if (own !== undefined && named !== undefined && own !== named) {
    throw new RunError(`testRun: wanted volumes with the channels ${own} in this order, as the run has them, got ${named} in ${folder}; rename the files, or correct images`, 'other-data'); // prettier-ignore
  }
  const sources =
    part === 'all'
      ? [...dataset.train, ...dataset.val]
      : ((dataset as Partial<Record<typeof part, readonly SampleSource[]>>)[part] ?? []);
  if (sources.length > 0) return [...sources];
  throw new DataError(
    `testRun: wanted images in ${part} of ${folder}, got none; choose another part, ${part === 'test' ? 'or name them by data.test when training' : `${data === undefined ? '' : 'all of them (--part all), '}or list images in ${part}.txt`}`,
    'no-data',
  );
}

/** How many image files are, under whatever name, files that a run was trained on; null if those of a run are gone. */
async function countTrained(runs: Ensemble, sources: readonly SampleSource[]): Promise<number | null> {
  const trained: SampleSource[] = [];
  for (const run of runs) {
    const own = await trainedImages(run);
    if (own === undefined) return null;
    trained.push(...own);
  }
  return (await sharedFiles(trained, sources)).length;
}
