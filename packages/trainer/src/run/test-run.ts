import { IGNORED, spread, type SampleSource } from '@segloss/data';
import { Evaluator, regionSizes, type CaseScores } from '@segloss/metrics';

import { type OpenRun } from './open-run.js';
import { predictImage, type PredictImageOptions } from './predict-image.js';
import { openNamed } from './run-data.js';
import { RunError } from './run-error.js';

/** Options of {@link testRun}. */
export interface TestRunOptions extends PredictImageOptions {
  /** Folder of other data than the run's; with the same classes. */
  data?: string;
  /** Default `val`. */
  part?: 'train' | 'val';
  /** Distances between surfaces too (HD95, ASSD, surface Dice at this tolerance in pixels). Default: none. */
  surfaceTolerance?: number;
  onCase?: (done: number, of: number) => void;
}

/** What a run reaches on a set of images, each at its own size. */
export interface TestReport {
  readonly run: string;
  readonly checkpoint: string;
  readonly classes: readonly string[];
  readonly cases: readonly (CaseScores & { readonly id: string })[];
  /** Means over the images of each image's score, with the number of images that had one. */
  readonly perImage: ReturnType<Evaluator['perImage']>;
  /** Of all pixels together. */
  readonly overall: ReturnType<Evaluator['overall']>;
  /** Label marginals of the set: true, predicted by summed probabilities, by counted labels. */
  readonly marginals: { readonly truth: number[]; readonly soft: number[]; readonly hard: number[] };
}

/**
 * Tests a trained run: every image is predicted at its own size (resized to the model's and back, or by a sliding window) and scored
 * there.
 *
 * @throws {RunError} If other data have other classes. @throws {DataError} If an image cannot be read.
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
export async function testRun(run: OpenRun, options: TestRunOptions = {}): Promise<TestReport> {
  const { classes } = run;
  const sources = await sourcesOf(run, options);
  const { surfaceTolerance, onCase } = options;
  const surfaces = surfaceTolerance === undefined ? {} : { surfaces: { tolerance: surfaceTolerance } };
  const evaluator = new Evaluator({ numClasses: classes.length, ignoreIndex: IGNORED, ...surfaces });
  const soft = classes.map(() => 0);
  const cases: (CaseScores & { id: string })[] = [];
  for (const source of sources) {
    const sample = await source.load();
    const { labels, probabilities } = await predictImage(run, sample, options);
    const shape = [sample.height, sample.width];
    cases.push({ id: source.id, ...evaluator.add({ truth: sample.mask, predicted: labels, shape }) });
    sample.mask.forEach((label, pixel) => {
      if (label === IGNORED) return;
      for (let k = 0; k < classes.length; k++) soft[k]! += probabilities[pixel * classes.length + k]!;
    });
    onCase?.(cases.length, sources.length);
  }
  const sizes = regionSizes(evaluator.confusion);
  return {
    run: run.folder,
    checkpoint: run.checkpoint,
    classes,
    cases,
    perImage: evaluator.perImage(),
    overall: evaluator.overall(),
    marginals: {
      truth: sizes.map(({ truth }) => truth),
      soft: soft.map((sum) => sum / evaluator.confusion.total),
      hard: sizes.map(({ predicted }) => predicted),
    },
  };
}

async function sourcesOf(
  { config, classes }: OpenRun,
  { data = config.data.folder, part = 'val' }: TestRunOptions,
): Promise<SampleSource[]> {
  const dataset = await openNamed(data);
  if (dataset.classes.join() !== classes.join()) {
    throw new RunError(
      `testRun: wanted data with the classes ${classes.join(', ')}, got ${dataset.classes.join(', ')} in ${data}`,
    );
  }
  return spread(dataset[part], data === config.data.folder ? (config.data.limit ?? Infinity) : Infinity);
}
