import {
  fisherExact,
  holm,
  averageRanks,
  type AverageRank,
  type Counts,
  type ScoreTable,
} from '../../benchmark/statistics/index.js';
import { extremeOf } from '../../benchmark/region-sizes.js';
import { randomStream } from '@segloss/data';

import type { Decoder, PaperRow, PaperRows } from '../rows.js';
import {
  compareOverSets,
  differenceOf,
  effectOf,
  effectOverSeeds,
  poolEffects,
  verdictOf,
  verdictOfAll,
  visibleEffect,
  type Effect,
  type PooledComparison,
  type Verdict,
} from './compare.js';
import {
  balanced,
  completeSeeds,
  diceOfMask,
  foregroundOf,
  geometricMean,
  scoreTable,
  sizeErrorOfMask,
  sizeErrorOfProbabilities,
  sizeRatios,
  trainingsOf,
  type CaseScorer,
} from './tables.js';

const CE = 'ce';
const DICE = 'dice';
const CE_DICE = 'ce + dice';
const CE_L1 = 'ce + l1(temperature=10)';
const CE_KL = 'ce + 0.1*kl(temperature=10)';
/** Losses that are not ranked. */
const FOILS = ['dice + 10*l1'];

/** Differences of Dice, and of the share of an image, that matter. */
const MATTERS = { dice: 0.01, size: 0.001 };

/** Data sets by what C3 says of them. */
const SMALL_REGIONS = ['retinal-lesions-idrid', 'cracks', 'retinal-lesions'];
const VARIED_SIZES = ['CamVid', 'nuclei', 'cityscapes'];

/** Size that CE is allowed to miss. */
const RIGHT_SIZE = [0.9, 1.1] as const;

function compare(
  rows: PaperRows,
  sets: readonly string[],
  [first, second]: readonly [string, string],
  score: CaseScorer,
  matters: number,
): PooledComparison {
  // prettier-ignore
  const pairs = sets.map((set) => ({
    set,
    first: scoreTable(rows, set, first, score),
    second: scoreTable(rows, set, second, score),
  }));
  return compareOverSets(pairs, matters);
}

/** C1: the soft size of cross-entropy on each data set. */
export interface C1 {
  readonly sets: readonly { readonly set: string; readonly train?: Effect; readonly val: Effect }[];
  readonly train?: Verdict;
  readonly val: Verdict;
}

/** Does CE keep the true proportions? */
export function claim1(rows: PaperRows): C1 {
  const sets = Object.keys(rows.sets).map((set) => {
    const facts = rows.sets[set]!;
    const trainings = trainingsOf(rows, set, CE);
    const classes = foregroundOf(facts);
    const val = trainings.map((row) => geometricMean(classes.map((k) => sizeRatios(row, facts).soft[k]!).filter(Number.isFinite))); // prettier-ignore
    const train = trainings.flatMap(
      ({ remeasured }) =>
      remeasured === undefined
        ? []
        : geometricMean(classes.filter((k) => remeasured.train.target[k]! > 0).map((k) => remeasured.train.soft[k]! / remeasured.train.target[k]!)), // prettier-ignore
    );
    return { set, val: effectOverSeeds(val), ...(train.length > 0 && { train: effectOverSeeds(train) }) };
  });
  const trained = sets.flatMap(({ train }) => train ?? []);
  return {
    sets,
    val: keptSize(sets.map(({ val }) => val)),
    ...(trained.length === sets.length && { train: keptSize(trained) }),
  };
}

function keptSize(effects: readonly Effect[]): Verdict {
  const [low, high] = RIGHT_SIZE;
  if (effects.some(({ interval }) => interval[0] > high || interval[1] < low)) return 'not replicated here';
  return effects.every(({ interval }) => interval[0] >= low && interval[1] <= high)
    ? 'replicated'
    : 'too little data to say';
}

/** Trainings of a loss that ended at an extreme, over the three synthetic sets. */
export interface ExtremeCounts {
  readonly loss: string;
  readonly counts: Counts;
  /** No region, and most of the image. */
  readonly none: number;
  readonly all: number;
  readonly bySet: Readonly<Record<string, number>>;
  /** Fisher's exact test against CE; undefined for CE. */
  readonly p?: number;
  /** After Holm's correction over the other losses. */
  readonly adjustedP?: number;
}

/** C2: extremes under one normalization and learning rate. */
export interface C2Setup {
  readonly setup: string;
  readonly seeds: readonly number[];
  readonly losses: readonly ExtremeCounts[];
  readonly verdict: Verdict;
}

/** Does plain Dice end at extremes? */
export function claim2(all: PaperRows): C2Setup[] {
  const setups = [...new Set(all.rows.map(({ labels }) => labels['setup']!))];
  return setups.flatMap((setup) => {
    const own = all.rows.filter(({ labels }) => labels['setup'] === setup);
    const losses = all.losses.filter((loss) => own.some(({ labels }) => labels['loss'] === loss));
    const sets = Object.keys(all.sets);
    const seeds = completeSeeds(own, losses.length * sets.length);
    if (seeds.length === 0) return [];
    const rows = balanced({ ...all, rows: own, losses }).rows;
    const counted = losses.map((loss) => countExtremes(rows.filter(({ labels }) => labels['loss'] === loss), loss, all)); // prettier-ignore
    const base = counted.find(({ loss }) => loss === CE)!;
    const others = counted.filter((one) => one !== base);
    const p = others.map(({ counts }) => fisherExact(counts, base.counts));
    const adjusted = holm(p);
    const tested = [base, ...others.map((one, i) => ({ ...one, p: p[i]!, adjustedP: adjusted[i]! }))];
    return [{ setup, seeds, losses: tested, verdict: extremeVerdict(tested) }];
  });
}

/** The extreme at which a training of two classes ended, if any; one that diverged is none. */
export function extremeOfRow(row: PaperRow, { sets }: Pick<PaperRows, 'sets'>) {
  if (row.state === 'diverged') return undefined;
  const { soft, spill } = sizeRatios(row, sets[row.labels['data']!]!);
  return extremeOf({ soft: soft[1]!, spill: spill[1]! });
}

function countExtremes(rows: readonly PaperRow[], loss: string, all: PaperRows): ExtremeCounts {
  const ends = rows.map((row) => ({ set: row.labels['data']!, end: extremeOfRow(row, all) }));
  const count = (holds: (one: (typeof ends)[number]) => boolean) => ends.filter(holds).length;
  return {
    loss,
    counts: { count: count(({ end }) => end !== undefined), of: rows.length },
    none: count(({ end }) => end === 'none'),
    all: count(({ end }) => end === 'all'),
    bySet: Object.fromEntries(Object.keys(all.sets).map((set) => [set, count((one) => one.set === set && one.end !== undefined)])), // prettier-ignore
  };
}

function extremeVerdict(losses: readonly ExtremeCounts[]): Verdict {
  const [ce, dice] = [CE, DICE].map((name) => losses.find(({ loss }) => loss === name)!);
  const more = dice!.counts.count / dice!.counts.of > ce!.counts.count / ce!.counts.of;
  if (more && dice!.adjustedP! < 0.05) return 'replicated';
  // A share of 20 % would have been seen in 60 trainings with a chance of more than 95 %.
  return dice!.counts.of >= 60 ? 'not replicated here' : 'too little data to say';
}

/** C3: Dice and CE, where regions are small and where their sizes vary. */
export interface C3 {
  /** Dice minus CE. */
  readonly small: PooledComparison;
  /** CE minus Dice. */
  readonly varied: PooledComparison;
  readonly verdict: Verdict;
}

/** Does each of the two win where the paper says? */
export function claim3(rows: PaperRows): C3 {
  const there = (names: readonly string[]) => names.filter((name) => name in rows.sets);
  const small = compare(rows, there(SMALL_REGIONS), [DICE, CE], diceOfMask, MATTERS.dice);
  const varied = compare(rows, there(VARIED_SIZES), [CE, DICE], diceOfMask, MATTERS.dice);
  return { small, varied, verdict: verdictOfAll([small.verdict, varied.verdict]) };
}

/** C4: the size term against other losses, and the ranks of all. */
export interface C4 {
  readonly against: readonly { readonly loss: string; readonly comparison: PooledComparison }[];
  readonly ranks: readonly (AverageRank & { readonly loss: string })[];
  readonly verdict: Verdict;
}

/** Is cross-entropy with a size term best? */
export function claim4(rows: PaperRows): C4 {
  const sets = Object.keys(rows.sets);
  const against = [CE, DICE, CE_DICE].map((loss) => ({
    loss,
    comparison: compare(rows, sets, [CE_L1, loss], diceOfMask, MATTERS.dice),
  }));
  const losses = rows.losses.filter((loss) => !FOILS.includes(loss));
  const tables = sets.map((set) => losses.map((loss) => scoreTable(rows, set, loss, diceOfMask)));
  const ranks = averageRanks(tables, { random: randomStream('ranks').uniform }).map((rank, i) => ({ ...rank, loss: losses[i]! })); // prettier-ignore
  const best = ranks.reduce((a, b) => (b.rank < a.rank ? b : a));
  const verdict = verdictOfAll(against.map(({ comparison }) => comparison.verdict));
  return { against, ranks, verdict: verdict === 'replicated' && best.loss !== CE_L1 ? 'not replicated here' : verdict }; // prettier-ignore
}

/** C5: how much nearer a size term brings the predicted proportions to the true ones: error of CE minus error with the term. */
export interface C5 {
  readonly l1: PooledComparison;
  readonly kl: PooledComparison;
  readonly l1Soft: PooledComparison;
  readonly klSoft: PooledComparison;
  readonly verdict: Verdict;
}

/** Does the size term bring the proportions right? */
export function claim5(rows: PaperRows): C5 {
  const of = (loss: string, score: CaseScorer) =>
    compare(rows, Object.keys(rows.sets), [CE, loss], score, MATTERS.size);
  const l1 = of(CE_L1, sizeErrorOfMask);
  return {
    l1,
    kl: of(CE_KL, sizeErrorOfMask),
    l1Soft: of(CE_L1, sizeErrorOfProbabilities),
    klSoft: of(CE_KL, sizeErrorOfProbabilities),
    verdict: l1.verdict,
  };
}

/** Gains in Dice by quartile of the true size on one data set. */
export interface QuartileGains {
  readonly set: string;
  /** From the smallest regions to the largest; regions of all foreground classes, each in the quartiles of its class. */
  readonly gains: readonly Effect[];
  /** Smallest minus largest, as if they were independent. */
  readonly difference: Effect;
  readonly regions: readonly number[];
}

/** C6: where the size term gains. */
export interface C6 {
  readonly sets: readonly QuartileGains[];
  readonly pooled: Effect;
  readonly verdict: Verdict;
  readonly visible: number;
}

/** Do the gains sit in the small regions? */
export function claim6(rows: PaperRows): C6 {
  const sets = Object.keys(rows.sets).map((set) => quartileGains(rows, set));
  const pooled = poolEffects(sets.map(({ difference }) => difference));
  return { sets, pooled, verdict: verdictOf(pooled, MATTERS.dice), visible: visibleEffect(pooled) };
}

interface Region {
  readonly case: number;
  readonly class: number;
}

function quartileGains(rows: PaperRows, set: string): QuartileGains {
  const facts = rows.sets[set]!;
  const quartiles: Region[][] = [[], [], [], []];
  for (const k of foregroundOf(facts)) {
    const present = facts.cases.flatMap(({ target }, i) => (target[k]! > 0 ? [{ case: i, class: k, size: target[k]! }] : [])); // prettier-ignore
    const order = present.sort((a, b) => a.size - b.size || a.case - b.case);
    order.forEach((region, rank) => quartiles[Math.floor((4 * rank) / order.length)]!.push(region));
  }
  const [ce, l1] = [CE, CE_L1].map((loss) => trainingsOf(rows, set, loss));
  const gains = quartiles.map((regions) => effectOf(gainTable(regions, ce!, l1!, facts)));
  return { set, gains, difference: differenceOf(gains[0]!, gains[3]!), regions: quartiles.map(({ length }) => length) }; // prettier-ignore
}

function gainTable(
  regions: readonly Region[],
  ce: readonly PaperRow[],
  l1: readonly PaperRow[],
  facts: PaperRows['sets'][string],
): ScoreTable {
  // prettier-ignore
  const dice = (row: PaperRow, { case: i, class: k }: Region) => {
    const { predicted, overlap } = row.cases[i]!;
    return (2 * overlap[k]!) / (facts.cases[i]!.target[k]! + predicted[k]!);
  };
  const shared = ce.flatMap((row) => {
    const partner = l1.find(({ labels }) => labels['seed'] === row.labels['seed']);
    return partner === undefined ? [] : [{ row, partner }];
  });
  return {
    seeds: shared.map(({ row }) => Number(row.labels['seed'])),
    cases: regions.map((region) => `${facts.cases[region.case]!.id}/${region.class}`),
    scores: shared.map(({ row, partner }) =>
      Float64Array.from(regions, (region) => dice(partner, region) - dice(row, region)),
    ),
  };
}

/** C7: Dice and size error of one weight and temperature. */
export interface C7Cell {
  readonly set: string;
  readonly loss: string;
  readonly dice: number;
  readonly sizeError: number;
  readonly seeds: number;
}

/** How weight and temperature matter: means over seeds and cases. */
export function claim7(rows: PaperRows): C7Cell[] {
  return Object.keys(rows.sets).flatMap((set) =>
    rows.losses.flatMap((loss) => {
      const tables = [diceOfMask, sizeErrorOfMask].map((score) => scoreTable(rows, set, loss, score));
      const seeds = tables[0]!.seeds.length;
      if (seeds === 0) return [];
      const [dice, sizeError] = tables.map((table) => effectOf(table).mean);
      return [{ set, loss, dice: dice!, sizeError: sizeError!, seeds }];
    }),
  );
}

/** C8: CE's probabilities decoded in other ways, compared with the argmax of CE + L1: Dice of the first minus that of the second. */
export interface C8 {
  readonly decoders: readonly {
    readonly decoder: Decoder | 'argmax';
    readonly comparison: PooledComparison;
    /** Its size error minus that of CE + L1. */
    readonly size: PooledComparison;
  }[];
  readonly verdict: Verdict;
}

/** Can a decoder do what the loss does? */
export function claim8(rows: PaperRows): C8 | undefined {
  const sets = Object.keys(rows.sets);
  if (!sets.every((set) => trainingsOf(rows, set, CE).every(({ remeasured }) => remeasured !== undefined))) return undefined; // prettier-ignore
  const decoders = (['argmax', 'volume', 'dice'] as const).map((decoder) => {
    const casesOf = (row: PaperRow) => (decoder === 'argmax' ? row.cases : row.remeasured!.decoded[decoder]);
    const of = (score: CaseScorer, matters: number) =>
      compareOverSets(
        sets.map((set) => ({
          set,
          first: scoreTable(rows, set, CE, score, casesOf),
          second: scoreTable(rows, set, CE_L1, score),
        })),
        matters,
      );
    return { decoder, comparison: of(diceOfMask, MATTERS.dice), size: of(sizeErrorOfMask, MATTERS.size) };
  });
  const { interval } = decoders.find(({ decoder }) => decoder === 'volume')!.comparison.pooled;
  const verdict =
    interval[0] > -MATTERS.dice
      ? 'replicated'
      : interval[1] < 0
        ? 'not replicated here'
        : 'too little data to say';
  return { decoders, verdict };
}
