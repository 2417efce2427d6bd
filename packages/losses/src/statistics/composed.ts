// The statistics as composed tfjs operations, for backends without fused kernels.
import {
  abs,
  mul,
  onesLike,
  sign,
  sub,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { pixelSum } from '../math.js';
import {
  STATISTIC_TABLE,
  type Formula,
  type Statistic,
  type StatisticName,
  type Variable,
} from './contract.js';

/** The variables that an activation has, `[B, N, K]` each; each is computed when first asked for. */
export type Variables = Readonly<Partial<Record<Variable, () => Tensor3D>>>;

/** Labels of the pixels: `y` `[B, N, K]` and `v` `[B, N, 1 or K]`. */
export interface PixelLabels {
  readonly y: Tensor3D;
  readonly v: Tensor3D;
}

/** Variables that are computed once each. */
export function onceEach<V extends Variables>(variables: V): V {
  const once = Object.entries(variables).map(([name, compute]) => {
    let value: Tensor3D | undefined;
    return [name, () => (value ??= (compute as () => Tensor3D)())];
  });
  return Object.fromEntries(once) as V;
}

/** Σ weight · value over the pixels, `[B, K]`, for each statistic. */
export function composedSums(
  statistics: readonly StatisticName[],
  labels: PixelLabels,
  variables: Variables,
): Tensor2D[] {
  return statistics.map((name) => {
    const { weight, value } = STATISTIC_TABLE[name];
    const of = evaluate(value, labels.y, variables);
    return pixelSum(mul(weightOf(weight, labels), typeof of === 'number' ? onesLike(labels.y) : of));
  });
}

/** The derivative of Σ_j factor_j · statistic_j by the variable of statistic j, times what `chain` gives, for each that has one. */
export function composedSlopes(
  statistics: readonly StatisticName[],
  labels: PixelLabels,
  variables: Variables,
  factors: readonly Tensor3D[],
  chain: (variable: Variable) => Tensor3D | undefined = () => undefined,
): { variable: Variable; slope: Tensor3D }[] {
  return statistics.flatMap((name, j) => {
    const { weight, variable, slope } = STATISTIC_TABLE[name];
    if (variable === undefined || slope === undefined) return [];
    const inner = evaluate(slope, labels.y, variables);
    const factor = mul(weightOf(weight, labels), factors[j]!) as Tensor3D;
    const outer = chain(variable);
    const both = inner === 1 ? outer : outer === undefined ? inner : mul(inner, outer);
    return [{ variable, slope: (both === undefined ? factor : mul(factor, both)) as Tensor3D }];
  });
}

function weightOf(weight: Statistic['weight'], { y, v }: PixelLabels): Tensor3D {
  return weight === 'v' ? v : weight === 'y' ? y : (sub(v, y) as Tensor3D);
}

function evaluate(formula: Formula, y: Tensor3D, variables: Variables): Tensor | number {
  if (typeof formula === 'number') return formula;
  if (typeof formula === 'string') return formula === 'y' ? y : variables[formula]!();
  const [a, b] = formula.slice(1).map((part) => evaluate(part as Formula, y, variables));
  switch (formula[0]) {
    case '*':
      return mul(a!, b!);
    case '-':
      return sub(a!, b!);
    case 'abs':
      return abs(a!);
    case 'sign':
      return sign(a as Tensor);
  }
}
