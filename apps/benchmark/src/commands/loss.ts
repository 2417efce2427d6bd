import path from 'node:path';

import { resolveLoss, selectBackend } from '@segloss/trainer';
import type { Command } from 'commander';

import { exitCodes, UsageError } from '../errors.js';
import { lossCard } from '../card/card.js';
import { renderCard } from '../card/page.js';
import { problemsOf } from '../card/problems.js';
import { sentencesOf } from '../card/sentences.js';
import { outputFile } from '../output-file.js';
import { quote, type Terminal } from '../terminal.js';

interface CardFlags {
  out?: string;
  json?: string;
  overwrite?: boolean;
}

/** `segloss loss card`. */
export function define(loss: Command, terminal: Terminal, finish: (code: number) => void): void {
  loss
    .command('card')
    .argument('<spec>', 'loss spec (see segloss losses), module (./mine.ts#name), or a sum of both')
    .description('measure which region sizes a loss prefers, and write an HTML page')
    .option('--out <file>', 'HTML page to write (default: bias-card-SPEC.html)')
    .option('--json <file>', 'JSON file to write the numbers to')
    .option('--overwrite', 'also replace files that segloss did not write')
    .action(async (spec: string, flags: CardFlags) => finish(await cardCommand(spec, flags, terminal)));
}

/**
 * `segloss loss card`: writes the page, prints what it says in words. A loss that is broken gets a page too.
 *
 * @returns The exit code.
 */
export async function cardCommand(
  spec: string,
  { out, json, overwrite = false }: CardFlags,
  { stdout, stderr, folder, argv }: Pick<Terminal, 'stdout' | 'stderr' | 'folder' | 'argv'>,
): Promise<number> {
  const { loss, sources } = await resolveLoss(spec, folder);
  for (const { name, path: file, sha256 } of sources)
    stderr.write(`loss ${name}: ${file}, sha256 ${sha256}\n`);
  const page = path.resolve(folder, out ?? `bias-card-${slug(loss.spec)}.html`);
  const numbers = json === undefined ? undefined : path.resolve(folder, json);
  if (page === numbers)
    throw new UsageError(`--json: wanted another file than the page, got ${page} for both`);
  const reads = sources.flatMap((source) => [source.path, ...source.imports.map((one) => one.path)]);
  // Before the measurement: a folder that cannot be made, or a file that must not be replaced, should not cost it.
  const savePage = outputFile(page, { reads, overwrite });
  const saveNumbers = numbers === undefined ? undefined : outputFile(numbers, { reads, overwrite });
  await selectBackend('cpu'); // the same numbers everywhere
  stderr.write(`measuring ${loss.spec}, some seconds\n`);
  const card = await lossCard(loss, {}, sources);
  savePage(renderCard(card, ['segloss', ...argv].map(quote).join(' ')));
  saveNumbers?.(`${JSON.stringify(card)}\n`);
  const problems = problemsOf(card.profile);
  const lines = [
    ...problems.flatMap(({ fatal, meaning, detail }) => [
      `${fatal ? 'broken' : 'gradient'}: ${meaning}`,
      ...(detail === '' ? [] : [`  ${detail}`]),
    ]),
    ...sentencesOf(card),
    `card: ${page}`,
  ];
  stdout.write(`${lines.join('\n')}\n`);
  return exitCodes.ok.code;
}

/** A spec as part of a file's name: `ce + 0.5*l1` as `ce-0.5-l1`. */
export function slug(spec: string): string {
  return spec.replace(/[^A-Za-z0-9.]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
}
