import { nearestName } from '@segloss/common';
import { existsSync } from 'node:fs';
import path from 'node:path';

import {
  ConfigError,
  planRun,
  readScores,
  runState,
  type ConfigTemplate,
  type OpenedImages,
  type RunPlan,
  type TemplateValue,
} from '@segloss/trainer';

import { cellsOf, checkDisjoint, readGrid, type Axis, type Cell } from './grid.js';

/** What `tune` of a benchmark file asks for. */
export interface Tuning {
  /** The inner grid of each loss by its label; of all losses under ''. */
  readonly grids: ReadonlyMap<string, readonly Axis[]>;
  /** Parts that the training images are divided into. */
  readonly folds: number;
  /** Epochs of a tuning run; undefined: those of the runs themselves. */
  readonly epochs: number | undefined;
  readonly weights: TuningWeights;
  /** Where the mapping stands. */
  readonly origin: string;
}

/** Which weights' validation Dice chooses. */
export type TuningWeights = 'last' | 'best';

/** One combination of the inner grid, and its runs: one for each inner fold. */
export interface Candidate<Run = RunPlan> {
  readonly label: string;
  readonly values: readonly TemplateValue[];
  readonly runs: readonly Run[];
}

/** The candidates of all cells that differ in their seed only. */
export interface TuningGroup<Run = RunPlan> {
  /** Labels of its cells without the seed. */
  readonly labels: Readonly<Record<string, string>>;
  readonly candidates: readonly Candidate<Run>[];
}

/** What the runs of a group say. */
export interface Choice {
  /** Mean validation Dice of each candidate over the inner folds; NaN if one of its runs diverged or has no score. */
  readonly scores: readonly number[];
  /** Place of the candidate with the highest score, the first of equals; undefined while runs are missing, or where no candidate has a score. */
  readonly chosen: number | undefined;
  /** Runs that have neither finished nor diverged. */
  readonly open: number;
}

const KEYS = ['grid', 'perLoss', 'folds', 'epochs', 'weights'];
/** Keys that a benchmark's own grid, or the tuning itself, decides. */
const NOT_TUNED = ['seed', 'fold', 'innerFold', 'data.folds', 'data.innerFolds', 'data.folder', 'data.test', 'data.groups']; // prettier-ignore

/**
 * Reads `tune` of a benchmark file.
 *
 * @returns Undefined where the file has none.
 * @throws {ConfigError} If a key is unknown or a value wrong, if an inner grid sets a key that the grid sets, or if losses have different
 *   numbers of candidates.
 */
export function readTuning(
  { own, originOf }: Pick<ConfigTemplate, 'own' | 'originOf'>,
  axes: readonly Axis[],
): Tuning | undefined {
  const { tune } = own;
  if (tune === undefined || tune === null) return undefined;
  const origin = originOf('tune');
  const refuse = (what: string, expected: string, remedy: string, ...at: string[]): never => {
    throw new ConfigError({ what, where: originOf('tune', ...at), expected, remedy });
  };
  if (!isMapping(tune)) return refuse('tune: wanted a mapping', `got ${JSON.stringify(tune)}`, `known keys: ${KEYS.join(', ')}`); // prettier-ignore
  for (const key of Object.keys(tune)) {
    if (KEYS.includes(key)) continue;
    const near = nearestName(key, KEYS);
    refuse(`unknown key "tune.${key}"`, `known keys: ${KEYS.join(', ')}`, near === undefined ? 'remove it' : `did you mean "${near}"?`, key); // prettier-ignore
  }
  const { grid, perLoss = {}, folds = 3, epochs, weights = 'last' } = tune;
  const count = (key: string, value: unknown, least: number): number =>
    typeof value === 'number' && Number.isInteger(value) && value >= least
      ? value
      : refuse(`tune.${key}: wanted an integer, ${least} or more`, `got ${JSON.stringify(value)}`, 'correct the value', key); // prettier-ignore
  if (weights !== 'last' && weights !== 'best') return refuse('tune.weights: wanted last or best', `got ${JSON.stringify(weights)}`, 'correct the value', 'weights'); // prettier-ignore
  const losses = axes.find(({ key }) => key === 'loss')?.entries.map(({ label }) => label) ?? [];
  const ownGrids = perLossGrids(perLoss, losses, refuse);
  const read = (value: unknown, others: readonly Axis[], ...at: string[]): Axis[] => {
    const inner = readGrid(value, { name: ['tune', ...at].join('.'), originOf: (...keys) => originOf('tune', ...at, ...keys), reserved: NOT_TUNED }); // prettier-ignore
    checkDisjoint([...others, ...inner]);
    return inner;
  };
  const grids = new Map<string, readonly Axis[]>();
  if (grid !== undefined) grids.set('', read(grid, axes, 'grid'));
  const otherAxes = axes.filter(({ key }) => key !== 'loss'); // the inner grid of a loss may vary the loss itself
  for (const [loss, value] of ownGrids) grids.set(loss, read(value, otherAxes, 'perLoss', loss));
  const all = losses.length > 0 ? losses : [''];
  const budgets = all.map((loss) => cellsOf(grids.get(loss) ?? grids.get('') ?? []).length);
  const without = all.find((loss) => !grids.has(loss) && !grids.has(''));
  if (without !== undefined) refuse(`tune: no inner grid for the loss ${without || 'of base'}`, 'wanted tune.grid, or an entry of tune.perLoss for every loss', 'write tune.grid'); // prettier-ignore
  if (new Set(budgets).size > 1) {
    refuse(
      'tune: losses have different numbers of candidates',
      `got ${all.map((loss, i) => `${budgets[i]} for ${loss}`).join(', ')}; wanted the same budget for every loss`,
      'add or remove values',
      'perLoss',
    );
  }
  return { grids, folds: count('folds', folds, 2), epochs: epochs === undefined ? undefined : count('epochs', epochs, 1), weights, origin }; // prettier-ignore
}

function perLossGrids(
  perLoss: unknown,
  losses: readonly string[],
  refuse: (what: string, expected: string, remedy: string, ...at: string[]) => never,
): [string, unknown][] {
  if (!isMapping(perLoss)) return refuse('tune.perLoss: wanted a mapping of losses to grids', `got ${JSON.stringify(perLoss)}`, 'write LOSS: { KEY: [VALUES] }', 'perLoss'); // prettier-ignore
  for (const loss of Object.keys(perLoss)) {
    if (losses.includes(loss)) continue;
    const near = nearestName(loss, losses);
    refuse(`tune.perLoss: the grid has no loss "${loss}"`, `losses: ${losses.join(', ') || 'none'}`, near === undefined ? 'use a label of the axis loss' : `did you mean "${near}"?`, 'perLoss', loss); // prettier-ignore
  }
  return Object.entries(perLoss);
}

/**
 * Plans the runs of every group: each candidate on each inner fold of the training images, with the seed of the group's first cell.
 *
 * @param runsFolder Where run folders go.
 */
export async function planTuning(
  { grids, folds, epochs, origin }: Tuning,
  { template, axes, cells, runsFolder, opened, nameOf }: PlanTuningOptions,
): Promise<TuningGroup[]> {
  const seed = axes.find(({ key }) => key === 'seed')?.title;
  const loss = axes.find(({ key }) => key === 'loss')?.title;
  const groups = new Map<string, TuningGroup>();
  for (const cell of cells) {
    const labels = withoutSeed(cell.labels, seed);
    if (groups.has(JSON.stringify(labels))) continue;
    const inner = grids.get(cell.labels[loss ?? ''] ?? '') ?? grids.get('') ?? [];
    const candidates: Candidate[] = [];
    for (const candidate of cellsOf(inner)) {
      const runs: RunPlan[] = [];
      for (let innerFold = 0; innerFold < folds; innerFold++) {
        const loaded = template.configure([
          ...cell.values,
          ...candidate.values,
          { path: 'data.innerFolds', value: folds, origin },
          { path: 'innerFold', value: innerFold, origin },
          { path: 'data.test', value: null, origin },
          ...(epochs === undefined ? [] : [{ path: 'epochs', value: epochs, origin }]),
          { path: 'out', value: runsFolder, origin: '--out' },
        ]);
        runs.push(await planRun(loaded, { name: `tune-${nameOf(loaded)}`, opened }));
      }
      const label = Object.entries(candidate.labels).map(([title, text]) => `${title} ${text}`).join(', '); // prettier-ignore
      candidates.push({ label, values: candidate.values, runs });
    }
    groups.set(JSON.stringify(labels), { labels, candidates });
  }
  return [...groups.values()];
}

interface PlanTuningOptions {
  readonly template: ConfigTemplate;
  readonly axes: readonly Axis[];
  readonly cells: readonly Cell[];
  readonly runsFolder: string;
  readonly opened: OpenedImages;
  readonly nameOf: (loaded: RunPlan['loaded']) => string;
}

/** The labels of a cell that its tuning depends on. */
export function withoutSeed(
  labels: Readonly<Record<string, string>>,
  seed: string | undefined,
): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([title]) => title !== seed));
}

/** Chooses the candidate with the highest mean validation Dice over the inner folds, from the run folders alone. */
export function choose(
  candidates: readonly Candidate<{ readonly folder: string }>[],
  weights: TuningWeights,
): Choice {
  let open = 0;
  const scores = candidates.map(({ runs }) => {
    const dice = runs.map(({ folder }) => {
      const state = runState(folder);
      if (state !== 'finished' && state !== 'diverged') open++;
      return state === 'finished' ? diceOf(folder, weights) : NaN;
    });
    return dice.reduce((sum, one) => sum + one, 0) / dice.length;
  });
  const best = scores.reduce<number | undefined>((place, score, i) => Number.isNaN(score) || (place !== undefined && scores[place]! >= score) ? place : i, undefined); // prettier-ignore
  return { scores, open, chosen: open > 0 ? undefined : best };
}

function diceOf(folder: string, weights: TuningWeights): number {
  const file = path.join(folder, 'scores.json');
  if (!existsSync(file)) return NaN;
  const { last, best } = readScores(file);
  const { foreground } = ((weights === 'best' ? best : undefined) ?? last).summary;
  return foreground.dice ?? NaN;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
