import type { ClassSizeAnalysis, SizeBin, SizeStatistics } from '@segloss/metrics';

import type { RunAnalysis, SizeReport } from './analysis.js';
import { LESION_SIZE_HEAD, lesionCells, lesionHead, lesionNotes, lesionSizeRows } from '../lesions.js';
import { percentText } from '../page/percent.js';
import { ENOUGH } from './verdict.js';
import { divergenceText, intervalText, meanDice, pointsText, ratioText, signedText } from './numbers.js';

/** A table before it has a form: the terminal and the page print the same. */
export interface SizeTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Every table of a report, in the order in which they are read. */
export function sizeTables(report: SizeReport): SizeTable[] {
  return [
    ...(report.runs.some(({ dice }) => dice) ? [overview(report)] : []),
    ...report.detailed.flatMap((k) => [byQuantile(report, k), byFixedSize(report, k)]),
    ...lesionTables(report),
    errors(report),
    ...(report.comparisons.length > 0 ? [comparison(report)] : []),
    drivers(report),
  ];
}

/** Every model side by side: size, overlap, and missed regions. */
function overview({ runs, classes, shown }: SizeReport): SizeTable {
  return {
    title: 'Size, overlap and missed regions',
    head: ['model', 'class', 'p/q', 'Dice', 'missed', 'invented'],
    rows: runs.flatMap(({ name, analysis, dice }) =>
      shown.map((k) => {
        const { ratio, ratioInterval, missed, present, invented, cases } = analysis.classes[k]!.overall;
        const scored = (dice ?? []).filter((one) => one[k] !== null).length;
        return [
          name,
          classes[k]!,
          intervalText(ratio, ratioInterval),
          scored === 0 ? 'n/a' : `${meanDice(dice!, k)} (${scored})`,
          `${missed} of ${present}`,
          `${invented} of ${cases - present}`,
        ];
      }),
    ),
  };
}

/** One class: all cases, then bins of the true size with equally many cases each. */
function byQuantile(report: SizeReport, k: number): SizeTable {
  return bySize(report, k, '', ({ overall, quantiles }) => [
    [allText(overall), overall],
    ...quantiles.map((bin, i) => [quantileText(bin, i, quantiles.length), bin] as const),
  ]);
}

/** One class by fixed limits of the true size. */
function byFixedSize(report: SizeReport, k: number): SizeTable {
  return bySize(report, k, ', fixed limits', ({ fixed }) =>
    fixed.filter(({ cases }) => cases > 0).map((bin) => [binText(bin), bin] as const),
  );
}

function bySize(
  { runs, classes }: SizeReport,
  k: number,
  kind: string,
  groups: (analysis: ClassSizeAnalysis) => readonly (readonly [name: string, sizes: SizeStatistics])[],
): SizeTable {
  return {
    title: `"${classes[k]!}" by the size of its true region${kind}`,
    head: [
      ...['model', 'true region', 'cases', 'true', 'predicted'],
      ...['p/q', 'median p/q', 'over / under', 'missed'],
    ],
    rows: runs.flatMap(({ name, analysis }) =>
      groups(analysis.classes[k]!).map(([group, s]) => [
        name,
        group,
        String(s.present),
        percentText(s.truth),
        percentText(s.predicted),
        intervalText(s.ratio, s.ratioInterval),
        intervalText(s.median, s.medianInterval),
        s.cases === 0 ? 'n/a' : `${Math.round(100 * s.over)} / ${Math.round(100 * s.under)} %`,
        String(s.missed),
      ]),
    ),
  };
}

const allText = ({ cases, present }: SizeStatistics) =>
  cases === present ? 'all' : `all, and ${cases - present} without`;

function binText({ from, to }: SizeBin): string {
  if (from === 0) return `below ${percentText(to)}`;
  return to === 1
    ? `from ${percentText(from)}`
    : `${percentText(from).replace(' %', '')} to ${percentText(to)}`;
}

/** The i-th of n bins with as many cases each. */
function quantileText({ from, to }: SizeBin, i: number, n: number): string {
  const range =
    from === to ? percentText(from) : `${percentText(from).replace(' %', '')} to ${percentText(to)}`;
  return n === 1 ? range : `${i + 1}/${n}: ${range}`;
}

/** The lesions of every model over all sizes, and of each class by size. */
function lesionTables(report: SizeReport): SizeTable[] {
  const all = lesionTable(report);
  if (all === undefined) return [];
  const { classes, detailed } = report;
  return [
    all,
    ...detailed
      .filter((k) => lesionsOf(report, k).length > 0)
      .map((k) => ({
        title: `Lesions of "${classes[k]!}" by size`,
        head: ['model', ...LESION_SIZE_HEAD],
        rows: lesionsOf(report, k).flatMap(({ name, summary }) =>
          lesionSizeRows(summary).map((row) => [name, ...row]),
        ),
      })),
  ];
}

/** The lesions of every model over all sizes; undefined where none were scored. */
export function lesionTable(report: SizeReport): SizeTable | undefined {
  const { runs, classes, shown } = report;
  const all = shown.flatMap((k) => lesionsOf(report, k).map((one) => ({ ...one, k })));
  if (all.length === 0) return undefined;
  const wise = all.some(({ summary }) => summary.lesionWise);
  const order = runs.map(({ name }) => name);
  return {
    title: 'Lesions (connected components)',
    head: ['model', 'class', ...lesionHead(wise)],
    rows: all
      .sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name) || a.k - b.k)
      .map(({ name, k, summary }) => [name, classes[k]!, ...lesionCells(summary, wise)]),
  };
}

const lesionsOf = ({ runs }: SizeReport, k: number) =>
  runs.flatMap(({ name, lesionSummaries }) => {
    const summary = lesionSummaries?.[k];
    return summary === undefined || summary === null ? [] : [{ name, summary }];
  });

/** What the sizes are off by, as shares of the image. */
function errors({ runs, classes, shown }: SizeReport): SizeTable {
  return {
    title: 'Errors of the proportions, means over the cases',
    head: ['model', 'class', 'p - q', '|p - q|', 'KL', 'missed', 'invented'],
    rows: runs.flatMap(({ name, analysis }) => [
      ...shown.map((k) => {
        const { signed, absolute, kl, klInfinite, missed, present, invented, cases } =
          analysis.classes[k]!.overall;
        return [
          name,
          classes[k]!,
          pointsText(signed),
          percentText(absolute).replace('%', 'pp'),
          divergenceText(kl, klInfinite),
          `${missed} of ${present}`,
          `${invented} of ${cases - present}`,
        ];
      }),
      ...(analysis.marginals
        ? [[name, 'label marginals', '', `L1 ${percentText(analysis.marginals.l1).replace('%', 'pp')}`, divergenceText(analysis.marginals.kl, analysis.marginals.klInfinite), '', '']] // prettier-ignore
        : []),
    ]),
  };
}

function comparison({ comparisons, shown }: SizeReport): SizeTable {
  return {
    title: 'Differences on the same cases (paired bootstrap)',
    head: ['models', 'class', 'cases', 'p/q', '|p - q|', 'nearer to the truth'],
    rows: comparisons.flatMap(({ first, second, cases, classes }) =>
      shown.map((k) => {
        const { name, ratio, absolute } = classes[k]!;
        const [low, high] = absolute.interval ?? [0, 0];
        return [
          `${second} - ${first}`,
          name,
          String(cases),
          intervalText(ratio.value, ratio.interval, signedText),
          intervalText(absolute.value, absolute.interval, pointsText),
          cases < ENOUGH ? 'too few cases' : high < 0 ? second : low > 0 ? first : 'inconclusive',
        ];
      }),
    ),
  };
}

function drivers({ runs, classes, detailed }: SizeReport): SizeTable {
  return {
    title: 'Cases with the largest size errors |p - q|',
    head: ['model', 'class', 'case', 'true', 'predicted', 'p/q', 'change of p/q'],
    rows: runs.flatMap((run: RunAnalysis) =>
      detailed.flatMap((k) =>
        run.analysis.classes[k]!.drivers.map(({ id, truth, predicted, contribution }) => [
          run.name,
          classes[k]!,
          id,
          percentText(truth),
          percentText(predicted),
          ratioText(predicted / truth),
          Number.isFinite(contribution) ? `${contribution > 0 ? '+' : ''}${contribution.toFixed(3)}` : 'n/a',
        ]),
      ),
    ),
  };
}

/** What the columns mean. */
export function tableNotes({ bootstrap: { resamples, seed }, runs, lesions }: SizeReport): string[] {
  return [
    'q is the true and p the predicted share of a class among the counted pixels of a case. Every case counts alike. p/q of several cases is Σp/Σq: 1 is right, below 1 too small. The median is over the cases that have the class.',
    `[ ]: 95 % intervals, from ${resamples} bootstrap samples of the cases (seed ${seed}); none with fewer than two cases. They tell how far other cases would differ, not how far another training would.`,
    'over / under: share of the cases predicted too large / too small. missed: in the truth only. invented: in the prediction only. KL: mean over the cases where it is finite. change of p/q: (p - q) / Σq, what the case adds to p/q of all cases.',
    ...(runs.length > 1 ? ['Each model is compared with the first, on the cases that both have.'] : []),
    'Dice: mean over the cases (their number in brackets) that have the class in either mask. Probabilities that were only summed have none.',
    ...(lesions === undefined ? [] : lesionNotes(lesions)),
    'Bins are by true size. Random errors alone pull small regions up and large ones down in such bins (regression to the mean), but they do not make predicted sizes vary less than true ones.',
  ];
}
