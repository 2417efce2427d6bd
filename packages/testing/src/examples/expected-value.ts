/** A number as written, with the tolerance that its digits stand for. */
export class WrittenNumber {
  constructor(
    readonly text: string,
    readonly value: number,
  ) {}

  /** Half a unit of the last decimal shown; a number without decimals means itself. */
  get tolerance(): number {
    const [, decimals, exponent = '0'] = /\.(\d+)(?:e([+-]?\d+))?$/i.exec(this.text) ?? [];
    const rounding = decimals === undefined ? 0 : 0.501 * 10 ** (Number(exponent) - decimals.length);
    return rounding + 1e-6 * Math.max(1, Math.abs(this.value));
  }
}

/** `…` or `...` in a list, object or string: whatever follows is not compared. */
export const more = Symbol('more');

const words: Record<string, unknown> = {
  true: true,
  false: false,
  null: null,
  undefined: undefined,
  NaN: new WrittenNumber('NaN', NaN),
  Infinity: new WrittenNumber('Infinity', Infinity),
  '-Infinity': new WrittenNumber('-Infinity', -Infinity),
};

/**
 * Reads the value behind an arrow: numbers, strings in any quotes, booleans, lists, objects, `…`; a name
 * before a list or object (`Float32Array [1, 2]`) is skipped. Prose may follow after a comma, a semicolon, a
 * dash or an opening parenthesis.
 */
export function parseExpected(text: string): unknown {
  let at = 0;
  const fail = (wanted: string): never => {
    throw new SyntaxError(`example: wanted ${wanted} at ${at} in "${text}"; write a value after the arrow`);
  };
  const space = (): void => {
    while (/\s/.test(text[at] ?? '')) at += 1;
  };
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    space();
    const match = new RegExp(pattern.source, 'y');
    match.lastIndex = at;
    const found = match.exec(text);
    if (found === null) return undefined;
    at += found[0].length;
    return found;
  };

  const list = (): unknown[] => {
    const items: unknown[] = [];
    while (take(/\]/) === undefined) {
      items.push(take(/…|\.\.\./) === undefined ? value() : more);
      if (take(/,/) === undefined && text[(space(), at)] !== ']') fail('"," or "]"');
    }
    return items;
  };
  const object = (): Map<string | typeof more, unknown> => {
    const entries = new Map<string | typeof more, unknown>();
    while (take(/\}/) === undefined) {
      if (take(/…|\.\.\./) !== undefined) entries.set(more, true);
      else {
        const key = take(/([\w$]+)\s*:/) ?? take(/'([^']*)'\s*:/) ?? take(/"([^"]*)"\s*:/) ?? fail('a key');
        entries.set(key[1] as string, value());
      }
      if (take(/,/) === undefined && text[(space(), at)] !== '}') fail('"," or "}"');
    }
    return entries;
  };
  const value = (): unknown => {
    take(/[A-Z]\w*(?:\(\d+\))?\s*(?=[[{])/);
    if (take(/\[/) !== undefined) return list();
    if (take(/\{/) !== undefined) return object();
    const string = take(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/);
    if (string !== undefined)
      return (string[1] ?? string[2] ?? string[3] ?? '').replace(/\\n/g, '\n').replace(/\\(.)/g, '$1');
    const number = take(/[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w])/) ?? take(/[-−]\d[\d.]*/);
    if (number !== undefined) {
      const written = number[0].replace(/_/g, '').replace('−', '-');
      return new WrittenNumber(written, Number(written));
    }
    const word = take(/-?[A-Za-z]+/);
    if (word !== undefined && word[0] in words) return words[word[0]];
    return fail('a value');
  };

  const result = value();
  const rest = text.slice(at);
  if (rest.trim() !== '' && !/^\s*[,;(—–]/.test(rest) && !/^\s+-\s/.test(rest)) fail('the end');
  return result;
}
