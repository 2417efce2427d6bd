import ts from 'typescript';
import { checkClaim, type Claim } from './check-claim.js';

const arrow = /^\/\/\s*→\s*(.*)$/;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The comment behind a statement, with the comment lines that continue it. */
function claimAfter(code: string, end: number): { claim: string; start: number } | undefined {
  const [first, ...others] = ts.getTrailingCommentRanges(code, end) ?? [];
  if (first === undefined || others.length > 0) return undefined;
  const match = arrow.exec(code.slice(first.pos, first.end));
  if (match === null) return undefined;
  let claim = match[1] as string;
  for (const line of code.slice(first.end).split('\n').slice(1)) {
    const next = /^\s*\/\/(?!\s*→)(.*)$/.exec(line);
    if (next === null || balanced(claim)) break;
    claim += `\n${next[1]}`;
  }
  return { claim: claim.trim(), start: first.pos };
}

const count = (text: string, characters: RegExp): number => (text.match(characters) ?? []).length;
const balanced = (text: string): boolean => count(text, /[[{]/g) === count(text, /[\]}]/g);

/** Turns every `expression; // → value` into a check; returns the code and what it claims. */
export function withChecks(code: string): { code: string; claims: Claim[] } {
  const file = ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true);
  const claims: Claim[] = [];
  const edits: Edit[] = [];
  const found = new Set<number>();

  const claim = (node: ts.Statement): number | undefined => {
    const after = claimAfter(code, node.end);
    if (after === undefined) return undefined;
    found.add(after.start);
    claims.push({ line: file.getLineAndCharacterOfPosition(after.start).line, text: after.claim });
    return claims.length - 1;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isExpressionStatement(node)) {
      const id = claim(node);
      if (id !== undefined) {
        let expression = node.expression;
        if (ts.isCallExpression(expression) && expression.expression.getText() === 'console.log')
          expression = expression.arguments[0] ?? expression;
        const text = `await __check(${id}, async () => (${expression.getText()}));`;
        edits.push({ start: node.getStart(), end: node.end, text });
        return;
      }
    } else if (ts.isVariableStatement(node)) {
      const id = claim(node);
      const name = node.declarationList.declarations.at(-1)?.name;
      if (id !== undefined && name !== undefined)
        edits.push({
          start: node.end,
          end: node.end,
          text: ` await __check(${id}, async () => (${name.getText()}));`,
        });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);

  const arrows = [...code.matchAll(/\/\/\s*→/g)].map((match) => match.index);
  const lost = arrows.find((index) => !found.has(index));
  if (lost !== undefined) {
    const line = code.slice(0, lost).split('\n').length;
    throw new SyntaxError(
      `example: the arrow on line ${line} is not behind an expression; end that with ";" first`,
    );
  }
  const edited = edits
    .sort((a, b) => b.start - a.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), code);
  return { code: edited, claims };
}

type Body = (
  require: (name: string) => unknown,
  exports: object,
  check: (id: number, run: () => Promise<unknown>) => Promise<void>,
  ...scope: unknown[]
) => Promise<void>;

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...parts: string[]
) => Body;

/**
 * Runs a TypeScript example and compares every `expression; // → value` in it.
 *
 * @param code the block; it may import what `load` knows, and await at its top level
 * @param scope names that the example sees without importing them
 * @param load how an import is resolved
 * @returns how many values were compared
 */
export async function runExample(
  code: string,
  scope: Record<string, unknown>,
  load: (name: string) => unknown,
): Promise<number> {
  const checked = withChecks(code);
  const { outputText } = ts.transpileModule(checked.code, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
    },
  });
  const names = Object.keys(scope);
  // The inner function lets an example declare or import a name that is in scope already.
  const body = new AsyncFunction(
    'require',
    'exports',
    '__check',
    ...names,
    `await (async () => {\n${outputText}\n})();`,
  );
  await body(
    load,
    {},
    (id, run) => checkClaim(checked.claims[id] as Claim, run),
    ...names.map((name) => scope[name]),
  );
  return checked.claims.length;
}
