import { forEachRun } from '@segloss/common';

import { DataError } from '../errors.js';
import { IGNORED } from '../samples/sample.js';

/** How mask values become class indices: plain data, so that it can be sent to a worker thread. */
export interface LabelRule {
  /** Labels of dark and bright pixels (up to 127, above) of JPEG masks, which have no exact values; undefined: JPEG is refused. */
  readonly jpeg?: readonly [dark: number, bright: number];
  /** Class index (255 = ignored) of each value; -1, or beyond the end: the value is no label. */
  readonly table: Int16Array;
  /** What to say when a value is no label. */
  readonly remedy: string;
}

/** Largest value of a mask: masks hold at most 16 bits. */
const MAX_VALUE = 65535;

/** Labels 0 to K-1 as they stand; `ignored` becomes 255. */
export function indexLabels(classes: number, ignored: number = IGNORED): LabelRule {
  if (classes > IGNORED) {
    throw new DataError(`wanted at most ${IGNORED} classes, as ${IGNORED} means ignored, got ${classes}`, 'bad-label'); // prettier-ignore
  }
  const identity = Array.from({ length: classes }, (_, label) => [label, label] as const);
  const remedy =
    `labels are 0 to ${classes - 1}, and ${ignored === IGNORED ? '' : `${ignored} or `}` +
    `${IGNORED} for ignored pixels`;
  return listedLabels([...identity, [ignored, IGNORED], [IGNORED, IGNORED]], remedy);
}

/** The labels of listed values; a later entry wins. */
export function listedLabels(
  entries: readonly (readonly [value: number, label: number])[],
  remedy: string,
): LabelRule {
  const table = new Int16Array(1 + Math.max(...entries.map(([value]) => value))).fill(-1);
  for (const [value, label] of entries) table[value] = label;
  return { table, remedy };
}

/** Foreground above 127; for black and white masks with grays at their borders. */
export function thresholdLabels(): LabelRule {
  return { jpeg: [0, 1], table: new Int16Array(MAX_VALUE + 1).fill(1).fill(0, 0, 128), remedy: '' };
}

/** Mask values, and the values of the data set's own labels that they stand for. */
export type LabelMap = Readonly<Record<number, number>>;

/**
 * A rule that first replaces values: what `map` names is read as what it is mapped to.
 *
 * @throws {DataError} `bad-label` if the map names no whole number from 0 to 65535, or maps to what is no label.
 */
export function mappedLabels(rule: LabelRule, map: LabelMap | undefined): LabelRule {
  if (map === undefined) return rule;
  const entries = Object.entries(map).map(([value, to]) => {
    if (!isMaskValue(Number(value)) || !isMaskValue(to)) {
      throw new DataError(
        `label map: wanted whole numbers from 0 to ${MAX_VALUE}, got ${value}: ${String(to)}`,
        'bad-label',
      );
    }
    const label = rule.table[to] ?? -1;
    if (label < 0) {
      throw new DataError(`label map: ${to}, which ${value} is mapped to, is no label; ${rule.remedy}`, 'bad-label'); // prettier-ignore
    }
    return [Number(value), label] as const;
  });
  const length = Math.max(rule.table.length, ...entries.map(([value]) => value + 1));
  const table = new Int16Array(length).fill(-1);
  table.set(rule.table);
  for (const [value, label] of entries) table[value] = label;
  const { jpeg } = rule;
  const to = new Map(entries);
  return { ...rule, table, ...(jpeg && { jpeg: [to.get(0) ?? jpeg[0], to.get(255) ?? jpeg[1]] as const }) };
}

const isMaskValue = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_VALUE;

/** Whether this maps whole numbers to whole numbers; of JSON, whose keys are texts. */
export function isLabelMap(map: unknown): map is LabelMap {
  return (
    typeof map === 'object' &&
    map !== null &&
    !Array.isArray(map) &&
    Object.entries(map).every(([value, to]) => /^\d+$/.test(value) && Number.isInteger(to))
  );
}

/**
 * Reads the text of a `label-map.json`, which says what mask values stand for.
 *
 * @param path For messages.
 * @throws {DataError} `unreadable` if it does not map whole numbers to whole numbers, or maps one twice.
 *
 * @example
 * ```ts
 * parseLabelMap('label-map.json', '{"255": 1}'); // → {"255":1}
 * ```
 */
export function parseLabelMap(path: string, text: string): LabelMap {
  let map: unknown;
  try {
    map = JSON.parse(text);
  } catch {
    // said below
  }
  if (isLabelMap(map)) {
    const values = [...text.matchAll(/"(\d+)"\s*:/g)].map(([, value]) => Number(value));
    const twice = values.find((value, i) => values.indexOf(value) !== i);
    if (twice === undefined) return map;
    throw new DataError(`cannot read ${path}: it maps ${twice} twice; keep one of the two`, 'unreadable');
  }
  throw new DataError(
    `cannot read ${path}: wanted JSON that maps mask values to labels, as {"255": 1} does, both whole numbers, got ${text.slice(0, 40)}`,
    'unreadable',
  );
}

/** The class index of a mask value; undefined if it is no label. */
export function labelOf(value: number, lossy: boolean, { table, jpeg }: LabelRule): number | undefined {
  const label = lossy ? jpeg?.[value > 127 ? 1 : 0] : table[value];
  return label === undefined || label < 0 ? undefined : label;
}

/** Class indices of a mask of any kind. @throws {DataError} `bad-label`, with the values; `unreadable`, if JPEG is refused. */
export function labelsOf(
  path: string,
  { values, lossy }: { values: ArrayLike<number>; lossy: boolean },
  rule: LabelRule,
): Uint8Array {
  if (!lossy) return toLabels(path, values, rule);
  if (rule.jpeg === undefined) {
    throw new DataError(`cannot read labels from ${path}: JPEG changes label values; save masks as PNG`, 'unreadable'); // prettier-ignore
  }
  const [dark, bright] = rule.jpeg;
  const labels = new Uint8Array(values.length);
  for (let i = 0; i < labels.length; i++) labels[i] = values[i]! > 127 ? bright : dark;
  return labels;
}

/** Class indices of mask values. @throws {DataError} `bad-label`, with the values. */
export function toLabels(path: string, values: ArrayLike<number>, rule: LabelRule): Uint8Array {
  const labels = new Uint8Array(values.length);
  const { table } = rule;
  forEachRun(values, values, (value, _, start, end) => {
    // Beyond the table, below 0 and between whole numbers there is no entry.
    const label = table[value];
    if (label === undefined || label < 0) throw badLabel(path, values, rule);
    if (end - start < 8) for (let i = start; i < end; i++) labels[i] = label;
    else labels.fill(label, start, end);
  });
  return labels;
}

/** Names the values that are no labels, how often each stands there, and what probably happened. */
function badLabel(path: string, values: ArrayLike<number>, rule: LabelRule): DataError {
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length; i++) counts.set(values[i]!, (counts.get(values[i]!) ?? 0) + 1);
  const found = [...counts].sort(([a], [b]) => a - b);
  const wrong = found.filter(([value]) => (rule.table[value] ?? -1) < 0);
  const list = wrong.slice(0, 5).map(([value, count]) => `${value} (${count} pixels)`);
  const more = wrong.length > 5 ? ` and ${wrong.length - 5} more` : '';
  const guess =
    found.length > 20
      ? 'more than 20 values: this is a photograph, or a mask that was resized with interpolation'
      : 'the masks may be scaled to be visible, or classes.txt may list too few classes';
  return new DataError(
    `wanted class labels in ${path}, got ${list.join(', ')}${more}; ${rule.remedy}; ${guess}`,
    'bad-label',
    found,
  );
}
