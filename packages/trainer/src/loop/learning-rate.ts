import { checkKeys, unknownName, withDefaults } from '@segloss/common';

/** Raises the rate linearly from `from` times its value to its full value over the first `epochs` epochs, or `updates` updates. */
export interface Warmup {
  /** Default 1, without `updates`. */
  epochs?: number;
  /** Length in updates of the weights, 1 or more, instead of epochs. */
  updates?: number;
  /** Default 0. */
  from?: number;
}

/** A learning-rate schedule; t is the finished share of the training, from 0 to 1. */
export type ScheduleOptions = (
  | { name: 'constant' }
  /** minimum + (rate - minimum) (1 - t)^power, at every step; power 0.9, minimum 0. */
  | { name: 'poly'; power?: number; minimum?: number }
  /** minimum + (rate - minimum) (1 + cos πt) / 2, at every step; minimum 0. */
  | { name: 'cosine'; minimum?: number }
  /** Times `factor` (0.1) every `every` epochs. */
  | { name: 'step'; every: number; factor?: number }
  /** Times `factor` (0.5) after more than `patience` (3) epochs without improvement of the monitored metric; never below `minimum` (0). */
  | { name: 'plateau'; factor?: number; patience?: number; minimum?: number; threshold?: number }
  /** Up from rate / divide (25) during the share `rise` (0.3), then down to rate / divide / finalDivide (1e4), by cosines. */
  | { name: 'one-cycle'; divide?: number; finalDivide?: number; rise?: number }
) & { warmup?: Warmup };

/** Position in a training; steps count updates of the weights. */
export interface Progress {
  /** 0-based, from the start of the training. */
  readonly step: number;
  /** 0-based. */
  readonly epoch: number;
  readonly stepsPerEpoch: number;
  readonly epochs: number;
}

/** The learning rate at a step, of the base rate. */
export type LearningRateSchedule = (rate: number, at: Progress) => number;

type Settings = Record<string, number>;

const SCHEDULES: Record<
  string,
  { defaults: Settings; rate: (rate: number, at: Progress, s: Settings) => number }
> = {
  constant: { defaults: {}, rate: (rate) => rate },
  poly: {
    defaults: { power: 0.9, minimum: 0 },
    rate: (rate, at, { power, minimum }) => minimum! + (rate - minimum!) * (1 - over(at)) ** power!,
  },
  cosine: {
    defaults: { minimum: 0 },
    rate: (rate, at, { minimum }) => between(rate, minimum!, over(at)),
  },
  step: {
    defaults: { every: NaN, factor: 0.1 },
    rate: (rate, { epoch }, { every, factor }) => rate * factor! ** Math.floor(epoch / every!),
  },
  // Its factor comes from what the epochs reach: see Plateau.
  plateau: { defaults: { factor: 0.5, patience: 3, minimum: 0, threshold: 1e-4 }, rate: (rate) => rate },
  'one-cycle': {
    defaults: { divide: 25, finalDivide: 1e4, rise: 0.3 },
    rate(rate, { step, stepsPerEpoch, epochs }, { divide, finalDivide, rise }) {
      const [top, last] = [rise! * epochs * stepsPerEpoch - 1, epochs * stepsPerEpoch - 1];
      const start = rate / divide!;
      return step <= top
        ? between(start, rate, top > 0 ? step / top : 1)
        : between(rate, start / finalDivide!, last > top ? (step - top) / (last - top) : 1);
    },
  },
};

/**
 * Returns a learning-rate schedule, a function of the base rate and the position in the training. The formulas are those of
 * torch.optim.lr_scheduler, and of the paper's code for `poly`; `cosine` goes down at every step and not once an epoch.
 *
 * @param options Name, settings, and perhaps a warm-up, by which the rate is multiplied.
 * @throws {TypeError} If the name or a setting is unknown. @throws {RangeError} If a setting is no number in its range.
 *
 * @example
 * ```ts
 * const poly = learningRateSchedule({ name: 'poly', power: 1, warmup: { epochs: 1 } });
 * const at = (step) => poly(0.1, { step, epoch: Math.floor(step / 2), stepsPerEpoch: 2, epochs: 5 });
 * [0, 1, 2, 9].map(at); // → [0, 0.045, 0.08, 0.01]
 * ```
 *
 * @see Smith & Topin, "Super-convergence", 2018 (one-cycle); Loshchilov & Hutter, "SGDR", ICLR 2017 (cosine).
 */
export function learningRateSchedule(options: ScheduleOptions): LearningRateSchedule {
  const { warmup, settings, schedule } = read(options);
  return (rate, at) => {
    const value = schedule.rate(rate, at, settings);
    if (warmup === undefined) return value;
    const length = warmup.updates ?? warmup.epochs * at.stepsPerEpoch;
    const done = length === 0 ? 1 : Math.min(1, at.step / length);
    return value * (warmup.from + (1 - warmup.from) * done);
  };
}

function read(options: ScheduleOptions) {
  const { name, warmup, ...given } = options;
  const schedule = SCHEDULES[name];
  if (schedule === undefined) {
    throw new TypeError(
      `learningRateSchedule: ${unknownName('schedule', String(name), Object.keys(SCHEDULES))}`,
    );
  }
  checkKeys(`learningRateSchedule: ${name}`, given, Object.keys(schedule.defaults));
  const settings = withDefaults(schedule.defaults, given) as Settings;
  if (warmup) checkKeys('learningRateSchedule: warmup', warmup, ['epochs', 'updates', 'from']);
  if (warmup?.epochs !== undefined && warmup.updates !== undefined) {
    throw new RangeError(`learningRateSchedule: ${name}: wanted epochs or updates of the warm-up, got both; leave one out`); // prettier-ignore
  }
  const ramp = warmup && { epochs: 1, from: 0, ...withoutUndefined(warmup) };
  const positive = ['every', 'factor', 'divide', 'finalDivide', 'updates'];
  for (const [key, value] of Object.entries({ ...settings, ...ramp })) {
    const wanted = positive.includes(key) ? 'a positive number' : 'a number not below 0';
    if (!(positive.includes(key) ? value > 0 : value >= 0) || !Number.isFinite(value)) {
      throw new RangeError(
        `learningRateSchedule: ${name}: wanted ${key} to be ${wanted}, got ${String(value)}`,
      );
    }
  }
  return { warmup: ramp, settings, schedule };
}

const withoutUndefined = (value: Warmup): Warmup =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));

/** From a (t = 0) to b (t = 1) along half a cosine. */
function between(a: number, b: number, t: number): number {
  return b + ((a - b) * (1 + Math.cos(Math.PI * t))) / 2;
}

function over({ step, stepsPerEpoch, epochs }: Progress): number {
  return Math.min(1, step / (stepsPerEpoch * epochs));
}

/** State of {@link Plateau}: plain numbers, to be saved. */
export interface PlateauState {
  best: number | null;
  bad: number;
  factor: number;
}

/** Lowers the learning rate when the monitored metric no longer gets better (torch's ReduceLROnPlateau, relative threshold). */
export class Plateau {
  private readonly settings: Settings | undefined;
  state: PlateauState = { best: null, bad: 0, factor: 1 };

  constructor(
    options: ScheduleOptions,
    private readonly mode: 'max' | 'min',
  ) {
    if (options.name === 'plateau') this.settings = read(options).settings;
  }

  rate(base: number): number {
    return this.settings === undefined
      ? base
      : Math.max(base * this.state.factor, Math.min(base, this.settings['minimum']!));
  }

  /** An epoch in which the metric is undefined counts neither as better nor as worse. */
  observe(metric: number): void {
    if (this.settings === undefined || Number.isNaN(metric)) return;
    const { factor, patience, threshold } = this.settings as Record<
      'factor' | 'patience' | 'threshold',
      number
    >;
    const { state } = this;
    const margin = this.mode === 'max' ? 1 + threshold : 1 - threshold;
    const better = state.best === null || isBetter(metric, state.best * margin, this.mode);
    if (better) {
      Object.assign(state, { best: metric, bad: 0 });
    } else if (++state.bad > patience) {
      Object.assign(state, { bad: 0, factor: state.factor * factor });
    }
  }
}

/** NaN is never better. */
export function isBetter(value: number, than: number, mode: 'max' | 'min'): boolean {
  return mode === 'max' ? value > than : value < than;
}
