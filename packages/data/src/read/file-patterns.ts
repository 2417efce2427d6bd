// Files that find their partners by patterns of their paths, without Node: for data sets, and for predictions and true masks.
import { printable } from '@segloss/common';

/** Stands in a pattern for what two partners have in common. */
export const NAME = '{name}';

/**
 * Returns whether a path is a pattern: it has `*` or `{name}`.
 *
 * @example
 * ```ts
 * [isPattern('gt/{name}.png'), isPattern('gt')]; // → [true, false]
 * ```
 */
export function isPattern(path: string): boolean {
  return path.includes('*') || path.includes(NAME);
}

/**
 * Throws if a pattern is wrong.
 *
 * @param subject Begins the message.
 * @throws {RangeError} If it has braces other than `{name}`, backslashes, or `**` next to other characters of a folder name.
 *
 * @example
 * ```ts
 * checkPattern('--gt', 'gt/{id}.png'); // → throws RangeError: --gt: wanted no braces but {name}, got "gt/{id}.png"
 * ```
 */
export function checkPattern(subject: string, pattern: string): void {
  const bad = (reason: string) => new RangeError(`${subject}: ${reason}, got ${JSON.stringify(pattern)}`);
  if (typeof pattern !== 'string' || pattern === '') throw bad('wanted a pattern such as img/*.png');
  if (pattern.includes('\\')) throw bad('wanted / between folders');
  if (/[{}]/.test(pattern.replaceAll(NAME, ''))) throw bad(`wanted no braces but ${NAME}`);
  if (/\*\*(?!\/)/.test(pattern) || /[^/]\*\*/.test(pattern)) throw bad('wanted ** as a folder of its own, as in img/**/*.png'); // prettier-ignore
}

/**
 * Returns a function that says whether a path, with `/` between folders, fits a pattern: `*` for any part of a name, `**` for any folders.
 *
 * @example
 * ```ts
 * const fits = fitting('gt/**\/{name}_mask.png');
 * [fits('gt/a_mask.png'), fits('gt/p/q/a_mask.PNG'), fits('gt/a.png')]; // → [true, true, false]
 * ```
 */
export function fitting(pattern: string): (file: string) => boolean {
  const match = expression(pattern, '([^/]+?)');
  return (file) => match.test(file.normalize('NFC'));
}

/** Files of one side, and how their names are found. */
export interface PatternFiles {
  /** Paths that fit the pattern. */
  readonly files: readonly string[];
  /** Undefined or without `{name}`: the name of a file is its `id`. */
  readonly pattern: string | undefined;
  readonly id: (file: string) => string;
}

/** A name whose files could be paired in several ways; none of them is. */
export interface AmbiguousFiles {
  /** Files of the first side have one name; files of the second fit one of the first; files of the first fit one of the second. */
  readonly kind: 'same-name' | 'several-second' | 'several-first';
  readonly name: string;
  readonly files: readonly string[];
  /** The file of the other side that all of them fit. */
  readonly partner?: string;
}

/** What pairing by patterns found; a file is in one of the lists only. */
export interface PatternPairing {
  readonly pairs: readonly { readonly name: string; readonly first: string; readonly second: string }[];
  readonly ambiguous: readonly AmbiguousFiles[];
  readonly firstAlone: readonly { readonly name: string; readonly first: string }[];
  readonly secondAlone: readonly string[];
}

/**
 * Pairs files by the names that two patterns give them. A `*` in the second pattern is matched for each name of the first side; what fits in
 * several ways is ambiguous, and never paired.
 *
 * @example
 * ```ts
 * const id = (file) => file.replace(/\.png$/, '');
 * const truth = { files: ['a_mask.png', 'b_mask.png'], pattern: '{name}_mask.png', id };
 * const { pairs, firstAlone } = pairByNames(truth, { files: ['p/a-3.png'], pattern: 'p/{name}-*.png', id });
 * pairs; // → [{ name: "a", first: "a_mask.png", second: "p/a-3.png" }]
 * firstAlone; // → [{ name: "b", first: "b_mask.png" }]
 * ```
 */
export function pairByNames(first: PatternFiles, second: PatternFiles): PatternPairing {
  const { groups, ...grouping } = groupByNames(first, second);
  const pairs: { name: string; first: string; second: string }[] = [];
  const several: AmbiguousFiles[] = [];
  for (const { name, first: file, seconds } of groups) {
    if (seconds.length === 1) pairs.push({ name, first: file, second: seconds[0] });
    else several.push({ kind: 'several-second', name, files: seconds, partner: file });
  }
  return { ...grouping, pairs, ambiguous: [...several, ...grouping.ambiguous] };
}

/** What grouping by patterns found: a file of the first side with all of the second that fit it and no other. */
export interface PatternGrouping extends Omit<PatternPairing, 'pairs'> {
  readonly groups: readonly {
    readonly name: string;
    readonly first: string;
    readonly seconds: readonly [string, ...string[]];
  }[];
}

/** Finds the files of the second side that fit each of the first, as {@link pairByNames}; there may be several. */
export function groupByNames(first: PatternFiles, second: PatternFiles): PatternGrouping {
  const byName = new Map<string, string[]>();
  for (const file of first.files) append(byName, nameOf(first, file), file);
  const partners = partnersOf([...byName.keys()], second);
  const takers = new Map<string, string[]>();
  for (const name of byName.keys()) for (const file of partners.get(name) ?? []) append(takers, file, name);

  const groups: PatternGrouping['groups'][number][] = [];
  const ambiguous: AmbiguousFiles[] = [];
  const firstAlone: { name: string; first: string }[] = [];
  for (const [name, files] of byName) {
    const seconds = partners.get(name) ?? [];
    const [file] = files as [string, ...string[]];
    const wanted = seconds.find((one) => takers.get(one)!.length > 1);
    if (files.length > 1) ambiguous.push({ kind: 'same-name', name, files });
    else if (seconds.length === 0) firstAlone.push({ name, first: file });
    else if (wanted !== undefined) {
      const rivals = takers.get(wanted)!.flatMap((other) => byName.get(other)!);
      ambiguous.push({ kind: 'several-first', name, files: rivals, partner: wanted });
    } else groups.push({ name, first: file, seconds: seconds as [string, ...string[]] });
  }
  return { groups, ambiguous, firstAlone, secondAlone: second.files.filter((file) => !takers.has(file)) };
}

/**
 * Finds files that fit a pattern, by their names, in the order of what stands for `*`. Where `*` leaves it open, the name is as long as possible:
 * `{name}_*` calls `x_1_0000` "x_1".
 *
 * @param id Gives the name where the pattern has no `{name}`.
 *
 * @example
 * ```ts
 * const id = (file) => file.replace(/\.nii\.gz$/, '');
 * const files = ['in/p_1_t2.nii.gz', 'in/p_1_t1.nii.gz', 'in/readme.txt'];
 * [...filesByName(files, 'in/{name}_*.nii.gz', id)]; // → [["p_1", ["in/p_1_t1.nii.gz", "in/p_1_t2.nii.gz"]]]
 * ```
 */
export function filesByName(
  files: readonly string[],
  pattern: string,
  id: (file: string) => string,
): Map<string, string[]> {
  const match = expression(pattern, '([^/]+)');
  const named = (file: string) => pattern.includes(NAME) ? printable(match.exec(file.normalize('NFC'))![1]!) : id(file); // prettier-ignore
  const result = new Map<string, string[]>();
  for (const file of files.filter(fitting(pattern))) append(result, named(file), file);
  if (pattern.includes(NAME)) {
    for (const [name, some] of result) {
      some.sort((a, b) => byChannel(starsOf(pattern, name, a), starsOf(pattern, name, b)));
    }
  }
  return result;
}

/** Sorts what stands for `*` in the names of channels; numbers by their size. */
export const byChannel = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/**
 * Returns what stands for the `*` and `**` of a pattern in a path that fits it with this name.
 *
 * @example
 * ```ts
 * starsOf('{name}/{name}_*.nii.gz', 'case', 'case/case_t1.nii.gz'); // → "t1"
 * ```
 */
export function starsOf(pattern: string, name: string, file: string): string {
  const match = expression(pattern, escaped(name), '(').exec(printable(file.normalize('NFC')));
  return match!.slice(1).join(' ');
}

/**
 * Takes files that fit both patterns from the wider one, so that `{name}.png` and `{name}_mask.png` can share a folder.
 *
 * @returns The files of either side alone, and those that fit both where neither pattern is the narrower one.
 *
 * @example
 * ```ts
 * separated(['a_mask.png'], ['a.png', 'a_mask.png']); // → { first: ["a_mask.png"], second: ["a.png"], both: [] }
 * ```
 */
export function separated(
  first: readonly string[],
  second: readonly string[],
): { first: readonly string[]; second: readonly string[]; both: readonly string[] } {
  const [inFirst, inSecond] = [new Set(first), new Set(second)];
  const both = first.filter((file) => inSecond.has(file));
  const without = (files: readonly string[], others: ReadonlySet<string>) => files.filter((file) => !others.has(file)); // prettier-ignore
  if (both.length === 0) return { first, second, both };
  if (both.length === second.length && first.length > second.length) return { first: without(first, inSecond), second, both: [] }; // prettier-ignore
  if (both.length === first.length && second.length > first.length) return { first, second: without(second, inFirst), both: [] }; // prettier-ignore
  return { first, second, both };
}

function append(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function nameOf({ pattern, id }: PatternFiles, file: string): string {
  if (!pattern?.includes(NAME)) return id(file);
  return printable(expression(pattern, '([^/]+?)').exec(file.normalize('NFC'))![1]!);
}

/** The files that fit each name. */
function partnersOf(names: readonly string[], side: PatternFiles): Map<string, string[]> {
  const { files, pattern } = side;
  const result = new Map<string, string[]>();
  if (!pattern?.includes(NAME) || !pattern.includes('*')) {
    const match = pattern?.includes(NAME) ? expression(pattern, '([^/]+)') : undefined;
    for (const file of files) append(result, match ? printable(match.exec(file.normalize('NFC'))![1]!) : side.id(file), file); // prettier-ignore
    return result;
  }
  const texts = files.map((file) => [printable(file.normalize('NFC')), file] as const);
  for (const name of names) {
    const match = expression(pattern, escaped(name));
    for (const [text, file] of texts) if (match.test(text)) append(result, name, file);
  }
  return result;
}

/**
 * A pattern as a regular expression; the second `{name}` is the first again. `.png` at the end also fits `.PNG`, as everywhere.
 *
 * @param open Before what stands for a `*`: `(` to have it as a group.
 */
function expression(pattern: string, name: string, open: '(' | '(?:' = '(?:'): RegExp {
  let named = false;
  const parts = pattern
    .normalize('NFC')
    .replace(/^(\.\/)+/, '')
    .split(/(\*\*\/|\*|\{name\})/)
    .map((part) => {
      if (part === '**/') return `${open}(?:[^/]+/)*)`;
      if (part === '*') return `${open}[^/]*)`;
      if (part !== NAME) return escaped(part);
      const again = named && name.startsWith('(');
      named = true;
      return again ? '\\1' : name;
    });
  const text = parts.join('').replace(/(\\\.nii)?\\\.[a-z\d]+$/i, eitherCase);
  return new RegExp(`^${text}$`, 'u');
}

const eitherCase = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
