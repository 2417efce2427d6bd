// Writes assembly/generated/, the slots and the terms of the statistics, from the table of @segloss/losses.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const packages = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The table, read from its source: it imports nothing. */
function readTable() {
  const { transpileModule, ModuleKind, ScriptTarget } = require('typescript');
  const source = readFileSync(join(packages, 'losses/src/statistics/contract.ts'), 'utf8');
  const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 };
  const exports = {};
  new Function('exports', transpileModule(source, { compilerOptions }).outputText)(exports);
  return exports.STATISTIC_TABLE;
}

/** `predictedSquares` as `PREDICTED_SQUARES`. */
const constant = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** `v` is one vector for all classes where no channel is ignored for itself, so it alone has a place of its own. */
const load = (variable) => (variable === 'v' ? 'v128.load(v)' : `v128.load(${variable} + at)`);

function simd(formula) {
  if (typeof formula === 'number') return `f32x4.splat(${formula})`;
  if (typeof formula === 'string') return load(formula);
  const [operator, ...parts] = formula;
  const code = parts.map(simd).join(', ');
  return operator === 'sign'
    ? `sign4(${code})`
    : `f32x4.${{ '*': 'mul', '-': 'sub', abs: 'abs' }[operator]}(${code})`;
}

/** Weight · value, four elements. */
function term({ weight, value }) {
  const share = weight === 'v-y' ? `f32x4.sub(${load('v')}, ${load('y')})` : load(weight);
  return value === 1 ? share : `f32x4.mul(${share}, ${simd(value)})`;
}

const OPERANDS = ['y', 'v', 's', 'c', 'logS', 'logC', 't', 'tc'];
const declared = OPERANDS.map((name) => `${name}: usize`).join(', ');
const HEADER = '// Written by scripts/statistics.mjs from the table of statistics in @segloss/losses.';
const cases = (names, line) =>
  names
    .map((name, i) => `    ${i === names.length - 1 ? 'default' : `case ${constant(name)}`}: ${line(name)}`)
    .join('\n');

function slotsAndTerms(table) {
  const names = Object.keys(table);
  return `${HEADER}
import { sign4 } from '../region-slots';

// The place of each statistic in the \`slots\` of a call.
${names.map((name, slot) => `export const ${constant(name)} = ${slot};`).join('\n')}
/** How many there are. */
export const STATISTICS = ${names.length};

/** What four elements add to a statistic. */
// @ts-ignore: decorator
@inline
export function term(statistic: i32, at: usize, ${declared}): v128 {
  switch (statistic) {
${cases(names, (name) => `return ${term(table[name])};`)}
  }
}
`;
}

function addTerms(table) {
  const names = Object.keys(table);
  const sizes = ['groups', 'vectors', 'step', 'groupStep', 'validStep'];
  return `${HEADER}
import { ${[...names.slice(0, -1).map(constant), 'STATISTICS'].join(', ')} } from './statistics';
import { slotOf } from '../region-slots';
import { addTerm } from '../region-terms';

/** Adds the terms of every statistic that has a slot to \`sums\`, four lanes [S, groups]; as {@link addTerm}. */
export function addTerms(
  slots: usize, sums: usize, groups: i32, vectors: i32, step: usize, groupStep: usize, validStep: usize, ${declared},
): void {
  for (let statistic = 0; statistic < STATISTICS; statistic++) {
    const slot = slotOf(slots, statistic);
    if (slot < 0) continue;
    const to = sums + (<usize>(slot * groups) << 4);
    // The statistic is a constant in each call, so that each has a loop of its own.
    switch (statistic) {
${cases(names, (name) => `addTerm(${names.indexOf(name)}, to, ${[...sizes, ...OPERANDS].join(', ')}); break;`)}
    }
  }
}
`;
}

/** Writes both files, unless they are as they should be. */
export function writeStatistics() {
  const table = readTable();
  const folder = join(packages, 'kernels/assembly/generated');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of [
    ['statistics.ts', slotsAndTerms(table)],
    ['add-terms.ts', addTerms(table)],
  ]) {
    const file = join(folder, name);
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
  }
}
