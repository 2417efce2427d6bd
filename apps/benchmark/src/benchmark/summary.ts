import type { Event, EventOf, Scores } from './events.js';
import { statistic, type Statistic } from './statistics.js';

/** One cell of the grid, loss x seed. */
export interface Run {
  readonly run: string;
  readonly spec: string;
  readonly seed: number;
  readonly status: EventOf<'run.end'>['status'] | 'missing';
  readonly message: string | undefined;
  readonly seconds: number;
  readonly backend: { readonly name: string; readonly reason: string } | undefined;
  readonly parameters: number | undefined;
  readonly epochs: readonly EventOf<'epoch'>[];
  readonly scores: Scores | undefined;
  readonly predictions: readonly string[];
}

/** The scores of one loss over its seeds. Ratios are predicted / true proportion. */
export interface Result {
  readonly dice: Statistic;
  readonly iou: Statistic;
  readonly hd95: Statistic;
  /** Per class. */
  readonly classDice: readonly Statistic[];
  readonly softRatio: readonly Statistic[];
  readonly hardRatio: readonly Statistic[];
}

export interface LossSummary {
  readonly spec: string;
  readonly runs: readonly Run[];
  readonly result: Result;
  /** Highest mean Dice of all losses. */
  readonly best: boolean;
}

export interface Summary {
  readonly start: EventOf<'experiment.start'>;
  readonly losses: readonly LossSummary[];
  readonly trivial: readonly { readonly name: string; readonly result: Result }[];
  /** The class whose proportions the main table shows: the rarest one that the means include. */
  readonly rareClass: number;
  readonly seconds: number;
  readonly interrupted: boolean;
}

/** Classes that the mean scores include: the foreground of two classes, else all. */
export function scoredClasses(classes: readonly string[]): number[] {
  const all = classes.map((_, index) => index);
  return classes.length === 2 ? [1] : all;
}

/** The class with the smallest share that is not 0, among those that the means include. */
export function rarestClass(classes: readonly string[], share: readonly number[]): number {
  const present = scoredClasses(classes).filter((k) => (share[k] ?? 0) > 0);
  return present.reduce((rarest, k) => (share[k]! < share[rarest]! ? k : rarest), present[0] ?? 0);
}

function result(all: readonly Scores[], classes: number): Result {
  const perClass = (value: (scores: Scores, k: number) => number | undefined) =>
    Array.from({ length: classes }, (_, k) => statistic(all.map((scores) => value(scores, k) ?? NaN)));
  const ratio = (part: number | undefined, whole: number | undefined) =>
    whole !== undefined && whole > 0 ? (part ?? NaN) / whole : NaN;
  return {
    dice: statistic(all.map((scores) => scores.meanDice)),
    iou: statistic(all.map((scores) => scores.meanIou)),
    hd95: statistic(all.map((scores) => scores.meanHd95)),
    classDice: perClass((scores, k) => scores.dice[k]),
    softRatio: perClass((scores, k) => ratio(scores.soft[k], scores.truth[k])),
    hardRatio: perClass((scores, k) => ratio(scores.hard[k], scores.truth[k])),
  };
}

/**
 * Gathers the events of one experiment into statistics per loss. Pure: the same events in another order
 * of runs (more jobs) give the same summary.
 *
 * @param events What {@link readEvents} returns, or the events of an experiment still going on.
 * @returns Losses in the order of the command line, each with its runs by seed; runs without an end
 *   event have the status `missing`.
 * @throws {RangeError} If there is no `experiment.start` event.
 *
 * @example
 * ```ts
 * let message = '';
 * try {
 *   summarize([]);
 * } catch (error) {
 *   message = error.message;
 * }
 * message; // → "summarize: wanted an experiment.start event, got 0 events without one; is this a results.jsonl?"
 * ```
 */
export function summarize(events: readonly Event[]): Summary {
  const of = <Type extends Event['type']>(type: Type) =>
    events.filter((event): event is EventOf<Type> => event.type === type);
  const [start] = of('experiment.start');
  if (start === undefined) {
    throw new RangeError(
      `summarize: wanted an experiment.start event, got ${events.length} events without one; is this a results.jsonl?`,
    );
  }
  const starts = of('run.start');
  const epochs = of('epoch');
  const ends = of('run.end');
  const classes = start.data.classes.length;

  const runOf = (spec: string, seed: number): Run => {
    const same = (event: { spec: string; seed: number }) => event.spec === spec && event.seed === seed;
    const end = ends.find(same);
    const begin = starts.find(same);
    return {
      run: runId(spec, seed),
      spec,
      seed,
      status: end?.status ?? 'missing',
      message: end?.message,
      seconds: end?.seconds ?? NaN,
      backend: begin?.backend,
      parameters: begin?.parameters,
      epochs: epochs.filter(same).sort((a, b) => a.epoch - b.epoch),
      scores: end?.scores,
      predictions: end?.predictions ?? [],
    };
  };
  const losses = start.losses.map(({ spec }) => {
    const runs = start.settings.seeds.map((seed) => runOf(spec, seed));
    const finished = runs.flatMap(({ scores }) => (scores === undefined ? [] : [scores]));
    return { spec, runs, result: result(finished, classes) };
  });
  const highest = Math.max(
    ...losses.map((loss) => loss.result.dice.mean).filter((mean) => !Number.isNaN(mean)),
  );
  const [end] = of('experiment.end');
  return {
    start,
    losses: losses.map((loss) => ({ ...loss, best: loss.result.dice.mean === highest })),
    trivial: start.trivial.map(({ name, scores }) => ({ name, result: result([scores], classes) })),
    rareClass: rarestClass(start.data.classes, start.data.valTruth),
    seconds: end?.seconds ?? NaN,
    interrupted: end?.interrupted ?? true,
  };
}

/** The name of one run in events and messages. */
export function runId(spec: string, seed: number): string {
  return `${spec} · seed ${seed}`;
}

/** Runs that have no scores, with the reason. */
export function failedRuns(summary: Summary): Run[] {
  return summary.losses.flatMap((loss) => loss.runs.filter((run) => run.status !== 'ok'));
}
