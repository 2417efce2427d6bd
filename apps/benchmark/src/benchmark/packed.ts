/** The form of plain JSON: what is left of it without its numbers and texts. */
type Form =
  | 'number'
  | 'text'
  | 'flag'
  | { readonly list: readonly Form[] }
  | { readonly fields: readonly (readonly [key: string, form: Form])[] };

interface Parts {
  readonly numbers: number[];
  readonly texts: string[];
}

/** Stands for null, which no score can be. */
const NULL = -Number.MAX_VALUE;

/** Forms that were met, the last one first: the results of one benchmark have few. */
const forms: Form[] = [];
const MOST_FORMS = 16;
const texts = new Map<string, readonly string[]>();
const MOST_TEXTS = 1000;

/**
 * Packs plain JSON, so that thousands of one form fit into memory: its numbers into an array, its form and its texts shared with others.
 *
 * @param value Objects, lists, numbers, null, texts and booleans; a key without a value is left out.
 * @returns A function that makes it again.
 *
 * @example
 * ```ts
 * const unpack = packed({ dice: 0.5, names: ['a', 'b'], hd95: null });
 * unpack(); // → { dice: 0.5, names: ["a", "b"], hd95: null }
 * ```
 */
export function packed<T>(value: T): () => T {
  const parts: Parts = { numbers: [], texts: [] };
  let form = forms.find((one) => {
    parts.numbers.length = parts.texts.length = 0;
    return take(one, value, parts);
  });
  if (form === undefined) {
    form = formOf(value);
    parts.numbers.length = parts.texts.length = 0;
    take(form, value, parts);
    forms.unshift(form);
    forms.length = Math.min(forms.length, MOST_FORMS);
  }
  return unpacker<T>(form, kept(parts.numbers), shared(parts.texts));
}

// Made here, so that it holds on to nothing else.
const unpacker =
  <T>(form: Form, numbers: Float64Array, words: readonly string[]) =>
  (): T =>
    make(form, { numbers, words, at: 0, word: 0 }) as T;

/** The form of a value. */
function formOf(value: unknown): Form {
  if (value === null || typeof value === 'number') return 'number';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'flag';
  if (Array.isArray(value)) return { list: value.map(formOf) };
  return { fields: fieldsOf(value as object).map(([key, one]) => [key, formOf(one)] as const) };
}

const fieldsOf = (value: object) => Object.entries(value).filter(([, one]) => one !== undefined);

/** Collects the numbers and texts of a value; false if it is of another form. */
function take(form: Form, value: unknown, parts: Parts): boolean {
  if (form === 'number') {
    if (value !== null && typeof value !== 'number') return false;
    parts.numbers.push(value ?? NULL);
    return true;
  }
  if (form === 'text') return typeof value === 'string' && parts.texts.push(value) > 0;
  if (form === 'flag') return typeof value === 'boolean' && parts.numbers.push(Number(value)) > 0;
  if ('list' in form) {
    if (!Array.isArray(value) || value.length !== form.list.length) return false;
    return form.list.every((one, i) => take(one, value[i], parts));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const own = fieldsOf(value);
  if (own.length !== form.fields.length) return false;
  return form.fields.every(([key, one], i) => own[i]![0] === key && take(one, own[i]![1], parts));
}

interface Reader {
  readonly numbers: Float64Array;
  readonly words: readonly string[];
  at: number;
  word: number;
}

function make(form: Form, reader: Reader): unknown {
  if (form === 'number') {
    const value = reader.numbers[reader.at++]!;
    return value === NULL ? null : value;
  }
  if (form === 'text') return reader.words[reader.word++];
  if (form === 'flag') return reader.numbers[reader.at++] === 1;
  if ('list' in form) return form.list.map((one) => make(one, reader));
  const result: Record<string, unknown> = {};
  for (const [key, one] of form.fields) result[key] = make(one, reader);
  return result;
}

function shared(words: readonly string[]): readonly string[] {
  const key = JSON.stringify(words);
  const before = texts.get(key);
  if (before !== undefined) return before;
  if (texts.size > MOST_TEXTS) texts.clear();
  const own = [...words];
  texts.set(key, own);
  return own;
}

/** One buffer for many: each of its own would take longer than its numbers. */
const POOL = 1 << 16;
let pool = new Float64Array(POOL);
let used = 0;

/** Returns a copy of numbers in memory that many share. */
export function kept(numbers: ArrayLike<number>): Float64Array {
  if (numbers.length > POOL / 8) return Float64Array.from(numbers);
  if (used + numbers.length > POOL) {
    pool = new Float64Array(POOL);
    used = 0;
  }
  pool.set(numbers, used);
  used += numbers.length;
  return pool.subarray(used - numbers.length, used);
}
