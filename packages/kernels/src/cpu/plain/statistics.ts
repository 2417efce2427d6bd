// The region statistics by loops over typed arrays: the table of @segloss/losses says what each adds up.
import {
  STATISTIC_TABLE,
  type RegionKernelAttributes,
  type StatisticFormula,
  type StatisticVariable,
} from '@segloss/losses';

import { PixelLabels, withoutIgnoredChannels, type PixelArrays } from './pixels.js';
import { type PixelScores, type PixelValues, type Row } from './rows.js';
import { sigmoidPixels } from './sigmoid.js';
import { softmaxPixels } from './softmax.js';

/** Every requested sum into out `[S, B, K]`; adds in float64. */
export function sumStatistics(
  arrays: PixelArrays,
  attributes: RegionKernelAttributes,
  out: Float32Array,
): void {
  const { batch, pixels, classes, validChannels } = arrays;
  const labels = new PixelLabels(arrays);
  const values = valuesOf(arrays, attributes);
  const { statistics } = attributes;
  const adds = statistics.map((name) => {
    // Where no channel can be ignored for itself, all classes have the same count.
    if (name === 'count' && validChannels === 1) return undefined;
    const { variable, value } = STATISTIC_TABLE[name];
    return adder(name, labels, rowOf(variable, values, labels), compile(value));
  });
  for (let b = 0; b < batch; b++) {
    const sums = statistics.map(() => new Float64Array(classes));
    labels.seen = 0;
    for (let i = b * pixels; i < (b + 1) * pixels; i++) {
      if (!labels.read(i)) continue;
      values.read(i * classes);
      for (let j = 0; j < adds.length; j++) adds[j]?.(sums[j]!);
    }
    sums.forEach((sum, j) => {
      if (adds[j] === undefined) sum.fill(labels.seen);
      out.set(sum, (j * batch + b) * classes);
    });
  }
}

/** The gradient of the logits into out `[B, N, K]`, given dy `[S, B, K]`. */
export function statisticsGradient(
  arrays: PixelArrays,
  attributes: RegionKernelAttributes,
  dy: Float32Array,
  out: Float32Array,
): void {
  const { batch, pixels, classes } = arrays;
  const labels = new PixelLabels(arrays);
  const values = valuesOf(arrays, attributes);
  /** Derivatives by each variable at the current pixel. */
  const by: Partial<Record<StatisticVariable, Row>> = {};
  const terms = attributes.statistics.flatMap((name, j) => {
    const { variable, slope } = STATISTIC_TABLE[name];
    if (variable === undefined || slope === undefined) return [];
    const to = (by[variable] ??= new Float64Array(classes));
    const factors = new Float64Array(classes);
    const add = adder(name, labels, rowOf(variable, values, labels), compile(slope), factors);
    return [{ j, to, factors, add }];
  });
  const rows = Object.values(by);
  out.fill(0);
  for (let b = 0; b < batch; b++) {
    for (const { j, factors } of terms) {
      const at = (j * batch + b) * classes;
      factors.set(dy.subarray(at, at + classes));
    }
    for (let i = b * pixels; i < (b + 1) * pixels; i++) {
      if (!labels.read(i)) continue;
      values.read(i * classes);
      for (let r = 0; r < rows.length; r++) rows[r]!.fill(0);
      for (let t = 0; t < terms.length; t++) terms[t]!.add(terms[t]!.to);
      values.addGradient(by, out, i * classes);
    }
  }
}

function valuesOf(
  arrays: PixelArrays,
  { statistics, activation, temperature }: RegionKernelAttributes,
): PixelValues {
  const needed = new Set(statistics.map((name) => STATISTIC_TABLE[name].variable));
  const scores: PixelScores = {
    z: withoutIgnoredChannels(arrays, activation),
    classes: arrays.classes,
    temperature,
    needs: (...variables) => variables.some((variable) => needed.has(variable)),
  };
  return activation === 'softmax' ? softmaxPixels(scores) : sigmoidPixels(scores);
}

function rowOf(variable: StatisticVariable | undefined, values: PixelValues, { y }: PixelLabels): Row {
  return variable === undefined ? y : values.variables[variable]!;
}

/** A value in the variable of its statistic and the label. */
type Compiled = 'variable' | number | ((x: number, y: number) => number);

function compile(formula: StatisticFormula): Compiled {
  if (typeof formula === 'number') return formula;
  return typeof formula === 'string' && formula !== 'y' ? 'variable' : functionOf(formula);
}

function functionOf(formula: StatisticFormula): (x: number, y: number) => number {
  if (typeof formula === 'number') return () => formula;
  if (formula === 'y') return (_, y) => y;
  if (typeof formula === 'string') return (x) => x;
  const [a, b] = formula.slice(1).map((part) => functionOf(part as StatisticFormula));
  switch (formula[0]) {
    case '*':
      return (x, y) => a!(x, y) * b!(x, y);
    case '-':
      return (x, y) => a!(x, y) - b!(x, y);
    case 'abs':
      return (x, y) => Math.abs(a!(x, y));
    case 'sign':
      return (x, y) => Math.sign(a!(x, y));
  }
}

/** Adds weight · value (· factor) of the current pixel to a row; each kind has a loop of its own, without calls where it can be. */
function adder(
  name: keyof typeof STATISTIC_TABLE,
  labels: PixelLabels,
  x: Row,
  value: Compiled,
  factors: Row = new Float64Array(x.length).fill(1),
): (to: Row) => void {
  const { weight } = STATISTIC_TABLE[name];
  const { y, v } = labels;
  const share = weight === 'y' ? y : v;
  const less = weight === 'v-y' ? y : undefined;
  const ofLabel = weight === 'y';
  const first = () => (ofLabel ? labels.first : 0);
  const end = () => (ofLabel ? labels.end : x.length);
  const at = (k: number) => (less === undefined ? share[k]! : share[k]! - less[k]!) * factors[k]!;
  if (value === 'variable') {
    return (to) => {
      for (let k = first(); k < end(); k++) to[k]! += at(k) * x[k]!;
    };
  }
  if (typeof value === 'number') {
    return (to) => {
      for (let k = first(); k < end(); k++) to[k]! += at(k) * value;
    };
  }
  return (to) => {
    for (let k = first(); k < end(); k++) to[k]! += at(k) * value(x[k]!, y[k]!);
  };
}
