import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';

import { ConfigError } from './config-error.js';
import { branch, checkedKey, type Branch, type Tree } from './tree.js';

/** A YAML text as a tree whose values know their lines. */
export function readYaml(text: string, name: string): Branch {
  const tree = readValue(text.replace(/^\uFEFF/, ''), (line) => `${name}:${line}`);
  if ('children' in tree) return tree;
  if (tree.value === null) return branch([], name); // nothing but comments
  throw new ConfigError({
    what: 'wanted a mapping of keys',
    where: name,
    expected: `got ${Array.isArray(tree.value) ? 'a list' : `${JSON.stringify(tree.value)}`}; wanted lines such as "epochs: 20"`,
    remedy: 'write one key in each line; `segloss config schema` lists them',
  });
}

/** Characters of a file, and values in it with every alias written out: more is no configuration that a person wrote. */
const LONGEST = 1_000_000;
const MOST_VALUES = 10_000;

/** Any YAML value as a tree. */
export function readValue(text: string, originOf: (line: number) => string): Tree {
  if (text.length > LONGEST) {
    throw tooLarge(originOf(1), `got ${text.length} characters; wanted at most ${LONGEST}`);
  }
  const lines = new LineCounter();
  const document = parse(text, lines, originOf);
  const lineAt = (node: unknown): number => lines.linePos((node as Node | null)?.range?.[0] ?? 0).line || 1;
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) {
    const at = fault.pos[0];
    throw notYaml(originOf(lines.linePos(at).line || 1), fault.message, startsWithTab(text, at));
  }
  const reader = new Reader(document, (node) => originOf(lineAt(node)));
  return reader.tree(document.contents, originOf(lineAt(document.contents)));
}

function parse(text: string, lineCounter: LineCounter, originOf: (line: number) => string): Document {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw tooLarge(originOf(1), 'got values nested too deeply to be read'); // the stack of calls is full
  }
}

const startsWithTab = (text: string, at: number): boolean =>
  /^[ ]*\t/.test(text.slice(text.lastIndexOf('\n', Math.max(0, at - 1)) + 1));

/** Turns the nodes of a document into values; aliases are followed, but not without end. */
class Reader {
  private values = 0;
  private readonly open = new Set<unknown>();

  constructor(
    private readonly document: Document,
    private readonly originOf: (node: unknown) => string,
  ) {}

  tree(written: unknown, origin: string): Tree {
    const target = isAlias(written) ? written.resolve(this.document) : written;
    if (!isMap(target)) return { value: this.plain(written, origin), origin };
    return this.following(written, origin, () =>
      branch(
        this.entries(target, (value, at) => this.tree(value, at)),
        origin,
      ),
    );
  }

  /** The value of a list or a word. */
  private plain(written: unknown, origin: string): unknown {
    return this.following(written, origin, (node) => {
      if (isSeq(node)) return node.items.map((item) => this.plain(item, origin));
      if (isMap(node)) return Object.fromEntries(this.entries(node, (value, at) => this.plain(value, at)));
      return isScalar(node) ? node.value : null;
    });
  }

  private entries<T>(map: YAMLMap, read: (value: unknown, origin: string) => T): [string, T][] {
    return map.items.map(({ key, value }) => {
      const origin = this.originOf(key);
      if (!isScalar(key)) throw keyError(origin);
      return [checkedKey(String(key.value), origin), read(value, origin)];
    });
  }

  /** Reads a node, or that of an alias; counts it, and refuses one that holds itself. */
  private following<T>(written: unknown, origin: string, read: (node: unknown) => T): T {
    if (++this.values > MOST_VALUES) {
      throw tooLarge(origin, `got more than ${MOST_VALUES} values, with every alias written out`);
    }
    const node = isAlias(written) ? written.resolve(this.document) : written;
    if (!isMap(node) && !isSeq(node)) return read(node);
    if (this.open.has(node)) throw tooLarge(origin, 'got an alias of a value that holds it');
    this.open.add(node);
    try {
      return read(node);
    } finally {
      this.open.delete(node);
    }
  }
}

function notYaml(where: string, message: string, tab: boolean): ConfigError {
  return new ConfigError({
    what: 'this is not YAML',
    where,
    expected: `got: ${message.split('\n')[0]}`,
    remedy: tab
      ? 'indent with spaces: YAML knows no tabs there'
      : 'check the indentation, and quote text with : # [ ] { } or a leading * & ! | > % @',
  });
}

function tooLarge(where: string, expected: string): ConfigError {
  return new ConfigError({
    what: 'this is too large for a configuration',
    where,
    expected,
    remedy: 'write the values out, without aliases (*name)',
  });
}

function keyError(where: string): ConfigError {
  return new ConfigError({
    what: 'a key is not a word',
    where,
    expected: 'got a list or a mapping as key; wanted "key: value"',
    remedy: 'quote the key, or write it as a word',
  });
}
