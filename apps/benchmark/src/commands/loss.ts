import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { resolveLoss, selectBackend } from '@segloss/trainer';
import type { Command } from 'commander';

import { exitCodes } from '../errors.js';
import { lossCard } from '../card/card.js';
import { renderCard } from '../card/page.js';
import { problemsOf } from '../card/problems.js';
import { sentencesOf } from '../card/sentences.js';
import { quote, type Terminal } from '../terminal.js';

interface CardFlags {
  out?: string;
  json?: string;
}

/** `segloss loss card`. */
export function define(loss: Command, terminal: Terminal, finish: (code: number) => void): void {
  loss
    .command('card')
    .argument('<spec>', 'a spec (segloss losses), a module (./mine.ts#name), or a sum of both')
    .description('measure what a loss wants of the region sizes, as one HTML page')
    .option('--out <file>', 'the page (default: bias-card-SPEC.html)')
    .option('--json <file>', 'the numbers of the page as JSON')
    .action(async (spec: string, flags: CardFlags) => finish(await cardCommand(spec, flags, terminal)));
}

/**
 * `segloss loss card`: writes the page, prints what it says in words. A loss that is broken gets a page too.
 *
 * @returns The exit code.
 */
export async function cardCommand(
  spec: string,
  { out, json }: CardFlags,
  { stdout, stderr, folder, argv }: Pick<Terminal, 'stdout' | 'stderr' | 'folder' | 'argv'>,
): Promise<number> {
  const { loss, sources } = await resolveLoss(spec, folder);
  for (const { name, path: file, sha256 } of sources)
    stderr.write(`loss ${name}: ${file}, sha256 ${sha256}\n`);
  const page = path.resolve(folder, out ?? `bias-card-${slug(loss.spec)}.html`);
  const numbers = json === undefined ? undefined : path.resolve(folder, json);
  // Before the measurement: a folder that cannot be made should not cost it.
  for (const file of [page, numbers])
    if (file !== undefined) mkdirSync(path.dirname(file), { recursive: true });
  await selectBackend('cpu'); // the same numbers everywhere
  stderr.write(`measuring ${loss.spec}, some seconds\n`);
  const card = await lossCard(loss, {}, sources);
  writeFileSync(page, renderCard(card, ['segloss', ...argv].map(quote).join(' ')));
  if (numbers !== undefined) writeFileSync(numbers, `${JSON.stringify(card)}\n`);
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
