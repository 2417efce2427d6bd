import { nearestName } from '@segloss/common';

import { UsageError } from '../errors.js';
import type { Axis } from './grid.js';

type Labels = Readonly<Record<string, string>>;

/** Returns whether the labels of a cell match; labels that are not there, as the seed of a tuning run, match. */
export type LabelFilter = (labels: Labels) => boolean;

/**
 * Reads `--only`: labels of one axis are alternatives, different axes go together.
 *
 * @throws {UsageError} If an axis or a label is unknown.
 */
export function labelFilter(axes: readonly Axis[], only: readonly string[]): LabelFilter {
  const wanted = new Map<string, Set<string>>();
  for (const text of only) {
    const at = text.indexOf('=');
    const [key, label] = at < 0 ? [text, ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
    const axis = axes.find((one) => one.title === key || one.key === key);
    const known = axis?.entries.map((entry) => entry.label) ?? [];
    if (axis === undefined || !known.includes(label)) throw unknown(text, key, label, axes, axis);
    wanted.set(axis.title, (wanted.get(axis.title) ?? new Set()).add(label));
  }
  return (labels) =>
    [...wanted].every(([title, some]) => labels[title] === undefined || some.has(labels[title]));
}

function unknown(
  text: string,
  key: string,
  label: string,
  axes: readonly Axis[],
  axis: Axis | undefined,
): UsageError {
  const suggestion = (name: string, known: readonly string[]) => {
    const near = nearestName(name, known);
    return near === undefined ? '' : `; did you mean "${near}"?`;
  };
  if (axis === undefined) {
    const titles = axes.map((one) => one.title);
    return new UsageError(
      `--only: wanted AXIS=LABEL with one of the axes ${titles.join(', ')}, got "${text}"${suggestion(key, titles)}`,
    );
  }
  const labels = axis.entries.map((entry) => entry.label);
  return new UsageError(
    `--only ${key}: wanted one of ${labels.join(' | ')}, got "${label}"${suggestion(label, labels)}`,
  );
}
