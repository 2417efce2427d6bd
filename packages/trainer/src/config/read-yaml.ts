import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';

import { ConfigError } from './config-error.js';
import { branch, type Branch, type Tree } from './tree.js';

/** A YAML text as a tree whose values know their lines. */
export function readYaml(text: string, name: string): Branch {
  const tree = readValue(text, (line) => `${name}:${line}`);
  if ('children' in tree) return tree;
  if (tree.value === null) return branch([], name); // nothing but comments
  throw new ConfigError({
    what: 'wanted a mapping of keys',
    where: name,
    expected: `got ${Array.isArray(tree.value) ? 'a list' : `${JSON.stringify(tree.value)}`}; wanted lines such as "epochs: 20"`,
    remedy: 'write one key in each line; `segloss config schema` lists them',
  });
}

/** Any YAML value as a tree. */
export function readValue(text: string, originOf: (line: number) => string): Tree {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (node: unknown): number => lines.linePos((node as Node | null)?.range?.[0] ?? 0).line || 1;
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) {
    throw new ConfigError({
      what: 'this is not YAML',
      where: originOf(lines.linePos(fault.pos[0]).line || 1),
      expected: `got: ${fault.message.split('\n')[0]}`,
      remedy: 'mind the indentation, and quote text with : # [ ] { } or a leading * & ! | > % @',
    });
  }
  return toTree(document, document.contents, originOf(lineAt(document.contents)), (node) =>
    originOf(lineAt(node)),
  );
}

function toTree(
  document: Document,
  written: unknown,
  origin: string,
  originOf: (node: unknown) => string,
): Tree {
  const node = isAlias(written) ? written.resolve(document) : written;
  if (isMap(node)) {
    const children = node.items.map(({ key, value }): [string, Tree] => {
      if (!isScalar(key)) throw keyError(originOf(key));
      return [String(key.value), toTree(document, value, originOf(key), originOf)];
    });
    return branch(children, origin);
  }
  if (isSeq(node)) return { value: node.toJS(document), origin };
  return { value: isScalar(node) ? node.value : null, origin };
}

function keyError(where: string): ConfigError {
  return new ConfigError({
    what: 'wanted a word as key',
    where,
    expected: 'got a list or a mapping as key; wanted "key: value"',
    remedy: 'quote the key, or write it as a word',
  });
}
