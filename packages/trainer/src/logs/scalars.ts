import { type Marginals, type MetricsLine } from './metrics-line.js';

/**
 * Returns the numbers of an epoch by the names that trackers group them by, such as `val/dice/polyp`; those that are not finite are left out.
 *
 * @param classes Names of the classes, in the order of the lists.
 */
export function scalarsOf(line: MetricsLine, classes: readonly string[]): Map<string, number> {
  const { val, train } = line;
  const byClass = (name: (label: string) => string, values: readonly number[]) =>
    values.map((value, k) => [name(classes[k]!), value] as const);
  const terms = (name: string, total: number, all: Readonly<Record<string, number>>) => [
    [`${name}/total`, total] as const,
    ...Object.entries(all).map(([term, value]) => [`${name}/${term}`, value] as const),
  ];
  const marginals = (name: string, { truth, soft, hard }: Marginals) =>
    Object.entries({ true: truth, soft, hard }).flatMap(([kind, values]) =>
      byClass((label) => `${name}/${label}/${kind}`, values),
    );
  const scalars = [
    ...terms('loss', line.loss, line.terms),
    ['learningRate', line.learningRate] as const,
    ['gradientNorm', line.gradientNorm] as const,
    ...terms('val/loss', val.loss, val.terms),
    ...byClass((label) => `val/dice/${label}`, val.dice),
    ...byClass((label) => `val/iou/${label}`, val.iou),
    ['val/foregroundDice', val.foregroundDice] as const,
    ['val/foregroundIou', val.foregroundIou] as const,
    ...marginals('marginal', val),
    ...(train === undefined ? [] : marginals('train-marginal', train)),
  ];
  return new Map(scalars.filter(([, value]) => Number.isFinite(value)));
}
