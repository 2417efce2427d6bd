import { DataError } from '@segloss/data/masks';
import type { ProportionCase } from '@segloss/metrics';
import { z } from 'zod';

import { CaseError, type Fault } from './faults.js';
import type { ReadRuns } from './runs.js';

/** A number that JSON or Python may have: NaN is written where a score is 0/0. */
const number = z.number().nullable();
const voxels = z.number().nonnegative();

/** nnU-Net v2: the counts of every case and class, and what follows from them. */
const counts = z.object({
  ...{ TP: voxels, FP: voxels, FN: voxels, TN: voxels },
  ...{ n_pred: voxels.optional(), n_ref: voxels.optional(), Dice: number.optional() },
});
const version2 = z.object({
  metric_per_case: z.array(
    z.object({
      reference_file: z.string().optional(),
      prediction_file: z.string().optional(),
      metrics: z.record(z.string(), counts),
    }),
  ),
});

/** nnU-Net v1: sizes and rates, of which the number of voxels follows. */
const version1 = z.object({
  results: z.object({
    all: z.array(
      z.object({ reference: z.string().optional(), test: z.string().optional() }).catchall(
        z.union([
          z.string(),
          z
            .object({
              'Total Positives Reference': voxels,
              'Total Positives Test': voxels,
              Dice: number,
              Accuracy: number,
            })
            .partial(),
        ]),
      ),
    ),
  }),
});

/** One case of a summary: voxels that are, and are predicted to be, of each class. */
interface Counted {
  readonly id: string;
  /** The reference or the prediction, as the summary names it. */
  readonly path: string | undefined;
  readonly voxels: number;
  readonly classes: ReadonlyMap<string, { readonly truth: number; readonly predicted: number }>;
}

/** A summary.json, as text. */
export interface SummaryText {
  readonly name: string;
  /** For messages. */
  readonly file: string;
  readonly text: string;
}

/**
 * Reads the cases of summaries of nnU-Net, version 2 or 1.
 *
 * @param notes What is known of the files already.
 * @throws {DataError} If one is none, or no case can be used.
 */
export function readSummaries(
  files: readonly SummaryText[],
  names: readonly string[] | undefined,
  notes: readonly string[] = [],
): ReadRuns {
  const faults: Fault[] = [];
  const summaries = files.map(({ file, text }) => casesOf(file, text));
  const read = summaries.map((cases, r) =>
    cases.flatMap((read) => {
      try {
        return [read()];
      } catch (error) {
        if (!(error instanceof CaseError)) throw error;
        faults.push({
          kind: error.kind,
          run: files[r]!.name,
          id: '',
          message: `${files[r]!.file}: ${error.message}`,
        });
        return [];
      }
    }),
  );
  const counted = read.map((cases, r) => withOwnIds(cases, files[r]!.file));
  const keys = [...new Set(counted.flat().flatMap(({ classes }) => [...classes.keys()]))].sort(byLabel);
  const exclusive = keys.every((key) => /^\d+$/.test(key));
  const rest = exclusive && !keys.includes('0'); // the summary counts the foreground alone
  const runs = files.map(({ name, file }, r) => ({
    name,
    source: file,
    cases: counted[r]!.flatMap((one): ProportionCase[] => {
      const missing = keys.find((key) => !one.classes.has(key));
      const problem =
        missing !== undefined
          ? `wanted class ${missing} of ${one.id}, which other cases have, got none`
          : exclusive
            ? overlapOf(one, keys)
            : undefined;
      if (problem === undefined) return [proportions(one, keys, rest)];
      faults.push({ kind: 'bad-label', run: name, id: one.id, message: `${file}: ${problem}` });
      return [];
    }),
  }));
  if (runs.every(({ cases }) => cases.length === 0)) {
    const first = faults[0] === undefined ? '' : `: ${faults[0].message}`;
    throw new DataError(
      `no case can be used in ${files.map(({ file }) => file).join(', ')}${first}`,
      'no-data',
    );
  }
  return {
    classes: [
      ...(rest ? [names?.[0] ?? 'background'] : []),
      ...keys.map((key) => names?.[Number(key)] ?? key),
    ],
    exclusive,
    background: exclusive ? 0 : undefined,
    runs,
    faults,
    notes: [...notes, ...(exclusive ? [] : ['regions overlap, so there is no distance of label marginals'])],
  };
}

/** What is wrong with a case whose labels cover more voxels than there are. */
function overlapOf({ id, voxels: n, classes }: Counted, keys: readonly string[]): string | undefined {
  for (const side of ['truth', 'predicted'] as const) {
    const sum = keys.reduce((all, key) => all + classes.get(key)![side], 0);
    // The number of voxels of version 1 follows from rounded rates.
    if (sum > n * 1.001)
      return `wanted labels of ${id} that cover at most its ${n} voxels, got ${sum} (${side})`;
  }
  return undefined;
}

function proportions(
  { id, voxels: n, classes }: Counted,
  keys: readonly string[],
  rest: boolean,
): ProportionCase {
  const of = (side: 'truth' | 'predicted') => {
    const shares = keys.map((key) => classes.get(key)![side] / n);
    return rest ? [Math.max(0, 1 - shares.reduce((sum, share) => sum + share, 0)), ...shares] : shares;
  };
  return { id, truth: of('truth'), predicted: of('predicted') };
}

/**
 * Cases whose files have one name in different folders get the whole path as id.
 *
 * @throws {DataError} If a summary has one case twice.
 */
function withOwnIds(cases: readonly Counted[], file: string): Counted[] {
  const count = (values: readonly (string | undefined)[]) => {
    const counts = new Map<string | undefined, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts;
  };
  const [ids, paths] = [count(cases.map(({ id }) => id)), count(cases.map(({ path: one }) => one))];
  return cases.map((one) => {
    if (ids.get(one.id) === 1) return one;
    if (one.path === undefined || paths.get(one.path) !== 1) {
      throw new DataError(
        `${file}: wanted each case once, got ${one.path ?? one.id} ${ids.get(one.id)} times; evaluate the predictions again, or remove one of the entries`,
        'invalid',
      );
    }
    return { ...one, id: one.path };
  });
}

const byLabel = (a: string, b: string) => Number(a) - Number(b) || (a < b ? -1 : 1);

type Cases = (() => Counted)[];

function casesOf(file: string, text: string): Cases {
  const data = parsePython(file, text);
  const v2 = version2.safeParse(data);
  if (v2.success) {
    return v2.data.metric_per_case.map((one, i) => () => ofVersion2(one, i));
  }
  const v1 = version1.safeParse(data);
  if (v1.success) return v1.data.results.all.map((one, i) => () => ofVersion1(one, i));
  const issue = (typeof data === 'object' && data !== null && 'results' in data ? v1 : v2).error.issues[0]!;
  throw new DataError(
    `cannot read ${file}: wanted a summary.json of nnU-Net v2 (metric_per_case) or v1 (results.all), got at ${issue.path.join('.') || 'the top'}: ${issue.message}`,
    'unreadable',
  );
}

/** JSON as Python writes it, where NaN and Infinity are numbers; here they are null. */
function parsePython(file: string, text: string): unknown {
  const json = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
    token[0] === '"' ? token : 'null',
  );
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new DataError(`cannot read ${file}: it is not JSON (${(error as Error).message})`, 'unreadable');
  }
}

const idOf = (file: string | undefined, index: number) =>
  file === undefined ? `case ${index}` : file.replace(/^.*[\\/]/s, '').replace(/\.(nii(\.gz)?|[a-z]+)$/i, '');

/** @throws {CaseError} If what the summary says twice does not agree. */
function checkCounts({ TP, FP, FN, n_pred, n_ref, Dice }: z.infer<typeof counts>, what: string): void {
  const twice: [name: string, said: number | null | undefined, counted: number][] = [
    ['n_pred', n_pred, TP + FP],
    ['n_ref', n_ref, TP + FN],
    ['Dice', Dice, (2 * TP) / (2 * TP + FP + FN)],
  ];
  for (const [name, said, counted] of twice) {
    if (said === undefined || said === null || Number.isNaN(counted)) continue;
    if (Math.abs(said - counted) <= 1e-4 * Math.max(1, counted)) continue;
    throw new CaseError(
      'bad-label',
      `wanted ${name} of ${what} as TP, FP and FN give it (${+counted.toPrecision(6)}), got ${said}; evaluate the predictions again`,
    );
  }
}

function ofVersion2(
  { reference_file, prediction_file, metrics }: z.infer<typeof version2>['metric_per_case'][number],
  index: number,
): Counted {
  const file = reference_file ?? prediction_file;
  const id = idOf(file, index);
  const entries = Object.entries(metrics).map(([key, one]) => {
    checkCounts(one, `class ${key} of ${id}`);
    const { TP, FP, FN, TN } = one;
    return { key, truth: TP + FN, predicted: TP + FP, total: TP + FP + FN + TN };
  });
  const total = entries[0]?.total ?? 0;
  if (!(total > 0) || entries.some((entry) => entry.total !== total)) {
    throw new CaseError(
      'bad-label',
      `wanted TP + FP + FN + TN above 0 and the same for every class of ${id}`,
    );
  }
  return {
    id,
    path: file,
    voxels: total,
    classes: new Map(entries.map(({ key, truth, predicted }) => [key, { truth, predicted }])),
  };
}

function ofVersion1(
  { reference, test, ...rest }: z.infer<typeof version1>['results']['all'][number],
  index: number,
): Counted {
  const file = reference ?? test;
  const id = idOf(file, index);
  const entries = Object.entries(rest).flatMap(([key, scores]) => {
    if (typeof scores === 'string') return [];
    const { 'Total Positives Reference': truth, 'Total Positives Test': predicted, Dice, Accuracy } = scores;
    if (truth === undefined || predicted === undefined) {
      throw new CaseError('bad-label', `wanted Total Positives Reference and Test of class ${key} of ${id}`);
    }
    // Dice gives the errors, and the accuracy their share of all voxels.
    const errors = truth + predicted - (Dice ?? NaN) * (truth + predicted);
    const total = Math.round(errors / (1 - (Accuracy ?? NaN)));
    return [{ key, truth, predicted, total }];
  });
  const complete = entries.some(({ key }) => key === '0');
  const sum = entries.reduce((all, { truth }) => all + truth, 0);
  const total = complete ? sum : entries.find((entry) => entry.total > 0)?.total;
  if (total === undefined || !(total > 0)) {
    throw new CaseError(
      'bad-label',
      `the number of voxels of ${id} follows from no class: wanted label 0 among the classes, or a class with errors and its Dice and Accuracy`,
    );
  }
  return {
    id,
    path: file,
    voxels: total,
    classes: new Map(entries.map(({ key, truth, predicted }) => [key, { truth, predicted }])),
  };
}
