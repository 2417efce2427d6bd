import { more, WrittenNumber } from './expected-value.js';

interface TensorLike {
  arraySync(): unknown;
}

const isTensor = (value: unknown): value is TensorLike =>
  typeof (value as TensorLike | null)?.arraySync === 'function';

function plain(value: unknown): unknown {
  if (isTensor(value)) return value.arraySync();
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<unknown>);
  if (value instanceof Set) return [...value];
  if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>);
  return value;
}

const show = (value: unknown): string =>
  typeof value === 'number' || value === undefined
    ? String(value)
    : typeof value === 'function'
      ? 'a function'
      : JSON.stringify(value, (_key, item: unknown) =>
          typeof item === 'number' && !Number.isFinite(item) ? String(item) : plain(item),
        );

/** Says where a value differs from what an example shows; undefined where it agrees. */
export function difference(value: unknown, expected: unknown, path = ''): string | undefined {
  const actual = plain(value);
  const differs = (wanted: string): string =>
    `${path || 'value'}: the example shows ${wanted}, got ${show(actual)}`;

  if (expected instanceof WrittenNumber) {
    if (typeof actual !== 'number') return differs(expected.text);
    const same = Object.is(actual, expected.value) || actual === expected.value;
    return same || Math.abs(actual - expected.value) <= expected.tolerance
      ? undefined
      : differs(expected.text);
  }
  if (Array.isArray(expected)) {
    const open = expected.at(-1) === more;
    const wanted: unknown[] = open ? expected.slice(0, -1) : expected;
    if (!Array.isArray(actual)) return differs(`a list of ${wanted.length}`);
    if (open ? actual.length < wanted.length : actual.length !== wanted.length)
      return differs(`${wanted.length} items`);
    return firstOf(wanted.map((item, i) => () => difference(actual[i], item, `${path}[${i}]`)));
  }
  if (expected instanceof Map) {
    if (typeof actual !== 'object' || actual === null) return differs('an object');
    const record = actual as Record<string, unknown>;
    const wanted = [...expected.keys()].filter((key) => typeof key === 'string');
    const present = Object.keys(record).filter(
      (key) => typeof record[key] !== 'function' && record[key] !== undefined,
    );
    const extra = present.find((key) => !wanted.includes(key));
    if (extra !== undefined && !expected.has(more)) return differs(`no key "${extra}"`);
    return firstOf(wanted.map((key) => () => difference(record[key], expected.get(key), `${path}.${key}`)));
  }
  if (typeof expected === 'string') {
    const open = /…$|\.\.\.$/.exec(expected);
    const start = open === null ? undefined : expected.slice(0, open.index);
    const same = actual === expected || (start !== undefined && String(actual).startsWith(start));
    return same ? undefined : differs(show(expected));
  }
  return Object.is(actual, expected) ? undefined : differs(show(expected));
}

function firstOf(checks: (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const found = check();
    if (found !== undefined) return found;
  }
  return undefined;
}
