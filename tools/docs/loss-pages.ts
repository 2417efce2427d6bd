import { join } from 'node:path';
import { marginalPenalties } from '@segloss/bias';
import * as losses from '@segloss/losses';
import { lossPresets, lossRegistry, type LossFactory } from '@segloss/losses';
import { root } from '@segloss/testing';
import ts from 'typescript';

/** The page of every loss as Markdown, by spec name: its doc comments, its options and its marginal penalty. */
export function lossPages(): Map<string, string> {
  const folder = join(root, 'packages/losses/src');
  const paths = { '@segloss/geometry': [join(root, 'packages/geometry/src/index.ts')] };
  const options = { strict: true, noEmit: true, skipLibCheck: true, paths, moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }; // prettier-ignore
  const program = ts.createProgram([join(folder, 'losses/index.ts')], options);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(folder, 'losses/index.ts'))!)!;
  const exported = new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]));
  const names = exportNames();
  return new Map(
    [...lossRegistry()].map(([name, factory]) => {
      const symbol = resolved(exported.get(names.get(name)!)!, checker);
      return [name, pageOf(name, factory, symbol, checker)];
    }),
  );
}

/** Name of the exported factory of each loss, as `crossEntropy` of `ce`. */
function exportNames(): Map<string, string> {
  const factories = Object.entries(losses as unknown as Record<string, Partial<LossFactory>>).filter(
    ([, value]) => value?.definition !== undefined,
  );
  return new Map(factories.map(([exported, { definition }]) => [definition!.name, exported]));
}

const resolved = (symbol: ts.Symbol, checker: ts.TypeChecker) =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

function pageOf(name: string, factory: LossFactory, symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const tags = symbol.getJsDocTags(checker);
  const texts = (tag: string) =>
    tags.filter((each) => each.name === tag).map(({ text }) => withoutLinks(ts.displayPartsToString(text)));
  const prose = withoutLinks(ts.displayPartsToString(symbol.getDocumentationComment(checker)));
  return [
    `# \`${name}\``,
    prose,
    '## Example',
    ...texts('example').map((example) => withImport(example)),
    `In a spec, as in \`parseLoss\` and on the command line: \`${name}\`.${otherNames(factory)}`,
    '## Options',
    optionTable(factory, symbol, checker),
    '## Value and errors',
    `Returns ${lowerFirst(joined(texts('returns')))}`,
    ...texts('throws').map((text) => `Throws ${thrown(text)}`),
    '## Marginal penalty',
    penaltyText(name),
    `[![Best size of ${name} over the true size, measured](../bias/${name}.svg)](../bias-cards.md)`,
    '## Source',
    joined(texts('see')),
    '[All losses](README.md)',
    '',
  ].join('\n\n');
}

/** Aliases, and the named compounds that the loss is part of, with what they stand for. */
function otherNames({ definition: { name, fullName, aliases = [] } }: LossFactory): string {
  const also = [...(fullName === undefined ? [] : [fullName]), ...aliases].map((alias) => `\`${alias}\``);
  const forms = Object.entries(lossPresets())
    .filter(([, spec]) => new RegExp(`(^|[\\s*(])${name}($|[\\s(,)])`).test(spec))
    .map(([form, spec]) => `\`${form}\` is \`${spec}\``);
  return [
    ...(also.length === 0 ? [] : [` Also: ${also.join(', ')}.`]),
    ...(forms.length === 0 ? [] : [` Named forms: ${forms.join('; ')}.`]),
  ].join('');
}

function optionTable({ definition }: LossFactory, symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const defaults = Object.entries(definition.defaults as Record<string, unknown>);
  const shared = 'Every loss also takes `mode` and `ignoreIndex`, and in the call `mask` and `epoch`.';
  const presets = Object.entries(definition.presets ?? {}).map(([library, options]) => {
    const set = Object.entries(options).map(([key, value]) => `\`${key}=${shown(value)}\``);
    return `\`${library}\` (${set.join(', ') || 'the defaults'})`;
  });
  const presetText =
    presets.length === 0 ? [] : [`Presets, for the numbers of another library: ${presets.join('; ')}.`];
  if (defaults.length === 0) return [`None of its own. ${shared}`, ...presetText].join('\n\n');
  const type = checker.getTypeOfSymbol(symbol) as ts.TypeReference;
  const options = (type.aliasTypeArguments ?? checker.getTypeArguments(type))[0]!;
  const rows = defaults.map(([key, value]) => {
    const property = options.getProperty(key)!;
    const meaning = withoutLinks(ts.displayPartsToString(property.getDocumentationComment(checker)));
    return `| \`${key}\` | \`${shown(value)}\` | ${joined([meaning]).replaceAll('|', '\\|')} |`;
  });
  const table = ['| option | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
  return [table, shared, ...presetText].join('\n\n');
}

function penaltyText(name: string): string {
  const penalty = (
    marginalPenalties() as Record<string, ReturnType<typeof marginalPenalties>[string] | undefined>
  )[name];
  if (!penalty) {
    return 'No closed form is known. `marginalForce` of `@segloss/bias` measures how hard the loss pushes on the size of each class.';
  }
  const q = 0.02;
  const least = penalty.minimizer(
    q,
    lossRegistry().get(name)!.definition.defaults as Record<string, unknown>,
  );
  return [
    `For one foreground class with the true proportion q and the predicted p: \`${penalty.formula}\` (${penalty.source}).`,
    ...(/w₁/.test(penalty.formula)
      ? ['w₀ and w₁ are the class weights of background and foreground, 1 by default.']
      : []),
    `For a region of ${100 * q} % of the image it is least at p = ${+(100 * least).toFixed(2)} %.`,
  ].join(' ');
}

const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const joined = (texts: readonly string[]) => texts.join(' ').replace(/\s+/g, ' ').replace(/ ,/g, ',').trim();
const lowerFirst = (text: string) => `${text[0]!.toLowerCase()}${text.slice(1)}`;
/** `{TypeError} If ...` as `a TypeError if ...` */
const thrown = (text: string) =>
  joined([text])
    .replace(/^\{?(\w+)\}?\s+If/, 'a $1 if')
    .replace(/^\{?(\w+)\}?/, '$1');
const withoutLinks = (text: string) => text.replace(/\{@link (\w+)\s*\}/g, '`$1`');

/** The example with the import of what it uses from the package. */
function withImport(example: string): string {
  const code = example.replace(/^```ts\n|\n```$/g, '');
  const used = Object.keys(losses).filter((name) => new RegExp(`\\b${name}\\(`).test(code));
  return [
    '```ts',
    "import * as tf from '@tensorflow/tfjs-core';",
    "import '@tensorflow/tfjs-backend-cpu';",
    `import { ${used.join(', ')} } from '@segloss/losses';`,
    '',
    code,
    '```',
  ].join('\n');
}
