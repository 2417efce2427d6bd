import type { SizeBin, SizeStatistics } from '@segloss/metrics';

import type { RunAnalysis, SizeReport } from './analysis.js';
import { LESION_SIZE_HEAD, lesionCells, lesionHead, lesionNotes, lesionSizeRows } from '../lesions.js';
import { scoreText } from '../page/numbers.js';
import { percentText } from '../page/percent.js';
import { divergenceText, intervalText, pointsText, ratioText, signedText } from './numbers.js';

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
    ...report.detailed.map((k) => bySize(report, k)),
    ...lesionTables(report),
    errors(report),
    ...(report.comparisons.length > 0 ? [comparison(report)] : []),
    drivers(report),
  ];
}

/** Every run side by side: size, overlap, and missed regions. */
function overview({ runs, classes, shown }: SizeReport): SizeTable {
  return {
    title: 'Size, overlap and missed regions',
    head: ['run', 'class', 'p/q', 'Dice', 'missed', 'invented'],
    rows: runs.flatMap(({ name, analysis, dice }) =>
      shown.map((k) => {
        const { ratio, ratioInterval, missed, present, invented, cases } = analysis.classes[k]!.overall;
        const scores = (dice ?? []).map((one) => one[k]!).filter((score) => score !== null);
        const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
        return [
          name,
          classes[k]!,
          intervalText(ratio, ratioInterval),
          scores.length === 0 ? 'n/a' : `${scoreText(mean)} (${scores.length})`,
          `${missed} of ${present}`,
          `${invented} of ${cases - present}`,
        ];
      }),
    ),
  };
}

/** One class: all cases, then by the size of the true region. */
function bySize({ runs, classes }: SizeReport, k: number): SizeTable {
  const row = (run: string, group: string, s: SizeStatistics) => [
    run,
    group,
    String(s.present),
    percentText(s.truth),
    percentText(s.predicted),
    intervalText(s.ratio, s.ratioInterval),
    intervalText(s.median, s.medianInterval),
    s.cases === 0 ? 'n/a' : `${Math.round(100 * s.over)} / ${Math.round(100 * s.under)} %`,
    String(s.missed),
  ];
  return {
    title: `"${classes[k]!}" by the size of its true region`,
    head: ['run', 'true region', 'cases', 'true', 'predicted', 'p/q', 'median p/q', 'over / under', 'missed'],
    rows: runs.flatMap((run) => {
      const { overall, fixed, quantiles } = run.analysis.classes[k]!;
      return [
        row(run.name, allText(overall), overall),
        ...fixed.filter(({ cases }) => cases > 0).map((bin) => row(run.name, binText(bin), bin)),
        ...quantiles.map((bin, i) => row(run.name, quantileText(bin, i, quantiles.length), bin)),
      ];
    }),
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

/** The lesions of every run over all sizes, and of each class by size. */
function lesionTables({ runs, classes, shown, detailed }: SizeReport): SizeTable[] {
  const of = (k: number) =>
    runs.flatMap(({ name, lesionSummaries }) => {
      const summary = lesionSummaries?.[k];
      return summary === undefined || summary === null ? [] : [{ name, summary }];
    });
  const all = shown.flatMap((k) => of(k).map((one) => ({ ...one, k })));
  if (all.length === 0) return [];
  const wise = all.some(({ summary }) => summary.lesionWise);
  const order = runs.map(({ name }) => name);
  return [
    {
      title: 'Lesions (connected components)',
      head: ['run', 'class', ...lesionHead(wise)],
      rows: all
        .sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name) || a.k - b.k)
        .map(({ name, k, summary }) => [name, classes[k]!, ...lesionCells(summary, wise)]),
    },
    ...detailed
      .filter((k) => of(k).length > 0)
      .map((k) => ({
        title: `Lesions of "${classes[k]!}" by size`,
        head: ['run', ...LESION_SIZE_HEAD],
        rows: of(k).flatMap(({ name, summary }) => lesionSizeRows(summary).map((row) => [name, ...row])),
      })),
  ];
}

/** What the sizes are off by, as shares of the image. */
function errors({ runs, classes, shown }: SizeReport): SizeTable {
  return {
    title: 'Errors of the proportions, means over the cases',
    head: ['run', 'class', 'p - q', '|p - q|', 'KL', 'missed', 'invented'],
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
    head: ['runs', 'class', 'cases', 'p/q', '|p - q|', 'nearer to the truth'],
    rows: comparisons.flatMap(({ first, second, cases, classes }) =>
      shown.map((k) => {
        const { name, ratio, absolute } = classes[k]!;
        const [low, high] = absolute.interval ?? [0, 0];
        return [
          `${second} less ${first}`,
          name,
          String(cases),
          intervalText(ratio.value, ratio.interval, signedText),
          intervalText(absolute.value, absolute.interval, pointsText),
          high < 0 ? second : low > 0 ? first : 'inconclusive',
        ];
      }),
    ),
  };
}

function drivers({ runs, classes, detailed }: SizeReport): SizeTable {
  return {
    title: 'Cases that drive it: the largest |p - q|',
    head: ['run', 'class', 'case', 'true', 'predicted', 'p/q', 'moves p/q by'],
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
    'p and q are the predicted and the true share of the pixels that count, of each case; every case counts alike. p/q of several cases is Σp/Σq; the median is over the cases that have the class. 1 is right, below 1 too small.',
    `[ ]: 95 % intervals, percentiles of ${resamples} bootstrap samples of the cases (seed ${seed}); none with fewer than two cases. They say what other cases would change, not what another training of the same model would.`,
    'over / under: share of the cases predicted larger / smaller than they are. missed: in the truth only; invented: in the prediction only. KL is a mean over the cases where it is finite.',
    ...(runs.length > 1 ? ['Each run is compared with the first, on the cases that both have.'] : []),
    'Dice is the mean over the cases (their number in brackets) in which the class is true or predicted; probabilities that were only summed have none.',
    ...(lesions === undefined ? [] : lesionNotes(lesions)),
    'Bins are by true size. Random errors alone pull small regions up and large ones down in such bins (regression to the mean), but they do not make predicted sizes vary less than true ones.',
  ];
}
