import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, getFileInfo, resolveConfig } from 'prettier';
import { root } from '@segloss/testing';
import { env } from '@tensorflow/tfjs-core';

import { analyzeExample } from './analyze-example.js';
import { biasCards } from './bias-cards.js';
import { demoPicture } from './demo-picture.js';
import { evidence } from './evidence.js';
import { type Generator } from './generator.js';
import { HASHES, inputHash, writtenHashes } from './input-hash.js';
import { intervalCoverage } from './interval-coverage.js';
import { licenses } from './licenses.js';
import { losses } from './loss-table.js';
import { parity } from './parity.js';
import { runSchema } from './run-schema.js';
import { sizePenalties } from './size-penalties.js';

const GENERATORS: readonly Generator[] = [
  losses,
  sizePenalties,
  demoPicture,
  licenses,
  runSchema,
  parity,
  biasCards,
  analyzeExample,
  intervalCoverage,
  evidence,
];

const usage = `npm run docs:generate [-- [NAME...] [--force] [--check]]

Writes what the documentation takes from the sources: ${GENERATORS.map(({ name }) => name).join(', ')}; all of them by default.
A slow one (${GENERATORS.filter(({ slow }) => slow)
  .map(({ name }) => name)
  .join(', ')}) runs only if its inputs have changed, or with --force.
--check writes nothing, and exits with 1 if something would change.`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const unknown = positionals.find((name) => !GENERATORS.some((generator) => generator.name === name));
  if (unknown !== undefined) {
    console.error(`docs:generate: unknown generator "${unknown}"\n\n${usage}`);
    return 2;
  }
  env().set('PROD', true); // no banner of tfjs
  const stale: string[] = [];
  for (const generator of GENERATORS) {
    if (positionals.length > 0 && !positionals.includes(generator.name)) continue;
    stale.push(...(await run(generator, values)));
  }
  if (!values.check || stale.length === 0) return 0;
  console.error(
    `docs:generate: not up to date, run "npm run docs:generate" and commit:\n  ${stale.join('\n  ')}`,
  );
  return 1;
}

/** Runs a generator; returns the files that were not as they should be. */
async function run(generator: Generator, { check, force }: { check: boolean; force: boolean }) {
  const { name, slow, checkedBy } = generator;
  if (check && checkedBy !== undefined) return [];
  const missing = generator.missing?.();
  if (missing !== undefined) {
    console.error(`${name}: skipped, ${missing}`);
    return [];
  }
  const hashes = writtenHashes();
  const hash = slow && inputHash(slow.inputs);
  if (hash !== undefined && hash === hashes[name] && !force) return [];
  if (slow && check) return [`${name} (its inputs have changed; it takes some ${slow.seconds} s)`];
  const written = await formatted(await generator.generate());
  const old = [...written].filter(([path, text]) => textOf(path) !== text).map(([path]) => path);
  const extra = extraFiles(generator, written);
  if (!check) {
    for (const path of extra) rmSync(join(root, path));
    for (const path of old) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), written.get(path)!);
    }
    if (hash !== undefined)
      writeFileSync(join(root, HASHES), `${JSON.stringify({ ...hashes, [name]: hash }, null, 2)}\n`);
    console.error(`${name}: ${old.length} files written, ${extra.length} removed`);
  }
  return [...old, ...extra];
}

const textOf = (path: string) =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;

/** Files that should not be there. */
function extraFiles({ folder, extra }: Generator, written: ReadonlyMap<string, string>): string[] {
  if (folder === undefined) return extra?.() ?? [];
  return readdirSync(join(root, folder.path))
    .filter((name) => !folder.others.includes(name))
    .map((name) => `${folder.path}/${name}`)
    .filter((path) => !written.has(path));
}

/** The texts as prettier has them, but for files that it ignores. */
async function formatted(texts: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  for (const [path, text] of texts) {
    const filepath = join(root, path);
    const { ignored, inferredParser } = await getFileInfo(filepath, {
      ignorePath: join(root, '.prettierignore'),
    });
    const known = !ignored && inferredParser !== null;
    result.set(path, known ? await format(text, { ...(await resolveConfig(filepath)), filepath }) : text);
  }
  return result;
}

process.exitCode = await main();
