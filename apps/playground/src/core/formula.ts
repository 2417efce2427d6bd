/** What a formula may name: the sums over the pixels of an image, in pixels. */
export const VARIABLES = ['overlap', 'predicted', 'target', 'count'] as const;
export type Variable = (typeof VARIABLES)[number];

/** Functions of one argument, with their derivative. */
const FUNCTIONS = {
  log: [Math.log, (x: number) => 1 / x],
  exp: [Math.exp, Math.exp],
  sqrt: [Math.sqrt, (x: number) => 0.5 / Math.sqrt(x)],
  abs: [Math.abs, Math.sign],
} as const;
export type FunctionName = keyof typeof FUNCTIONS;

/** A formula as a tree. */
export type Formula =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly name: Variable }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly of: Formula }
  | {
      readonly kind: 'operator';
      readonly name: '+' | '-' | '*' | '/' | '^';
      readonly left: Formula;
      readonly right: Formula;
    };

/** A formula that cannot be read, and the place (0-based) where reading stopped. */
export class FormulaError extends Error {
  override readonly name = 'FormulaError';
  constructor(
    reason: string,
    readonly at: number,
  ) {
    super(`formula at ${at + 1}: ${reason}`);
  }
}

const LONGEST = 400;
const DEEPEST = 60;
const NUMBER = /(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/iy;
const WORD = /[a-z]+/iy;

/**
 * Reads a formula such as `1 - (2*overlap + 1) / (target + predicted + 1)`. Nothing of it is run as code.
 *
 * @throws {FormulaError} If the text is no formula; it names the place.
 */
export function parseFormula(text: string): Formula {
  if (text.length > LONGEST)
    throw new FormulaError(`wanted at most ${LONGEST} characters, got ${text.length}`, LONGEST);
  return new FormulaReader(text).read();
}

class FormulaReader {
  private at = 0;
  private depth = 0;
  constructor(private readonly text: string) {}

  read(): Formula {
    const formula = this.sum();
    this.space();
    if (this.at < this.text.length)
      this.fail(`wanted an operator or the end, got "${this.text.slice(this.at, this.at + 12)}"`);
    return formula;
  }

  private sum(): Formula {
    let left = this.product();
    for (let sign = this.take('+', '-'); sign; sign = this.take('+', '-')) {
      left = { kind: 'operator', name: sign, left, right: this.product() };
    }
    return left;
  }

  private product(): Formula {
    let left = this.signed();
    for (let sign = this.take('*', '/'); sign; sign = this.take('*', '/')) {
      left = { kind: 'operator', name: sign, left, right: this.signed() };
    }
    return left;
  }

  private signed(): Formula {
    if (this.take('-')) {
      return {
        kind: 'operator',
        name: '-',
        left: { kind: 'number', value: 0 },
        right: this.nested(() => this.signed()),
      };
    }
    const base = this.operand();
    if (!this.take('^')) return base;
    const start = this.at;
    const exponent = this.nested(() => this.signed());
    if (hasVariable(exponent)) this.fail('wanted a number as exponent; write exp(b*log(a))', start);
    return { kind: 'operator', name: '^', left: base, right: exponent };
  }

  private operand(): Formula {
    if (this.take('(')) {
      const inner = this.nested(() => this.sum());
      if (!this.take(')')) this.fail('wanted ")"');
      return inner;
    }
    const number = this.match(NUMBER);
    if (number !== undefined) return { kind: 'number', value: Number(number) };
    const start = this.at;
    const word = this.match(WORD);
    if (word === undefined)
      this.fail(
        this.at < this.text.length
          ? `wanted a number or a name, got "${this.text[this.at]}"`
          : 'wanted a number or a name, got the end',
      );
    if ((VARIABLES as readonly string[]).includes(word)) return { kind: 'variable', name: word as Variable };
    if (!Object.hasOwn(FUNCTIONS, word)) {
      this.fail(
        `unknown name "${word}"; known: ${[...VARIABLES, ...Object.keys(FUNCTIONS)].join(', ')}`,
        start,
      );
    }
    if (!this.take('(')) this.fail(`wanted "(" after ${word}`);
    const of = this.nested(() => this.sum());
    if (!this.take(')')) this.fail('wanted ")"');
    return { kind: 'call', name: word as FunctionName, of };
  }

  private nested(read: () => Formula): Formula {
    if (++this.depth > DEEPEST) this.fail(`wanted at most ${DEEPEST} levels`);
    const formula = read();
    this.depth--;
    return formula;
  }

  private take<S extends string>(...signs: readonly S[]): S | undefined {
    this.space();
    const sign = signs.find((one) => this.text.startsWith(one, this.at));
    if (sign !== undefined) this.at += sign.length;
    return sign;
  }

  private match(pattern: RegExp): string | undefined {
    this.space();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  private fail(reason: string, at = this.at): never {
    throw new FormulaError(reason, at);
  }
}

function hasVariable(formula: Formula): boolean {
  if (formula.kind === 'variable') return true;
  if (formula.kind === 'call') return hasVariable(formula.of);
  return formula.kind === 'operator' && (hasVariable(formula.left) || hasVariable(formula.right));
}

/** A value and its derivatives by the two sums that a prediction moves. */
export interface Derived {
  readonly value: number;
  readonly byOverlap: number;
  readonly byPredicted: number;
}

/** Evaluates a formula with its derivatives (forward mode). */
export function evaluateFormula(formula: Formula, sums: Readonly<Record<Variable, number>>): Derived {
  if (formula.kind === 'number') return { value: formula.value, byOverlap: 0, byPredicted: 0 };
  if (formula.kind === 'variable') {
    const { name } = formula;
    return {
      value: sums[name],
      byOverlap: name === 'overlap' ? 1 : 0,
      byPredicted: name === 'predicted' ? 1 : 0,
    };
  }
  if (formula.kind === 'call') {
    const of = evaluateFormula(formula.of, sums);
    const [value, slope] = FUNCTIONS[formula.name];
    return chain(value(of.value), of, slope(of.value));
  }
  const [a, b] = [evaluateFormula(formula.left, sums), evaluateFormula(formula.right, sums)];
  switch (formula.name) {
    case '+':
      return both(a.value + b.value, a, 1, b, 1);
    case '-':
      return both(a.value - b.value, a, 1, b, -1);
    case '*':
      return both(a.value * b.value, a, b.value, b, a.value);
    case '/':
      return both(a.value / b.value, a, 1 / b.value, b, -a.value / b.value ** 2);
    case '^':
      return chain(a.value ** b.value, a, b.value * a.value ** (b.value - 1));
  }
}

const times = (slope: number, by: number) => (by === 0 ? 0 : slope * by);
const chain = (value: number, of: Derived, slope: number): Derived => both(value, of, slope, of, 0);
const both = (value: number, a: Derived, da: number, b: Derived, db: number): Derived => ({
  value,
  byOverlap: times(da, a.byOverlap) + times(db, b.byOverlap),
  byPredicted: times(da, a.byPredicted) + times(db, b.byPredicted),
});
