import type { ConfigTemplate } from '@segloss/trainer';

import { cellsOf, type Axis } from './grid.js';

/**
 * Adds the axis `fold` where the configuration has `data.folds` but says nowhere which fold is meant: a benchmark validates all of them.
 */
export function withFolds(
  axes: readonly Axis[],
  template: Pick<ConfigTemplate, 'configure' | 'has' | 'file'>,
): Axis[] {
  const isSet = template.has('fold') || axes.some(({ key, entries }) => key === 'fold' || entries.some(({ values }) => values.some(({ path }) => path === 'fold'))); // prettier-ignore
  if (!template.has('data.folds') || isSet) return [...axes];
  const origin = 'data.folds';
  const first = cellsOf(axes)[0]!;
  const { folds = 0 } = template.configure([...first.values, { path: 'fold', value: 0, origin }]).config.data;
  const entries = Array.from({ length: folds }, (_, fold) => ({ label: String(fold), values: [{ path: 'fold', value: fold, origin }] })); // prettier-ignore
  return [...axes, { key: 'fold', title: 'fold', entries }];
}
