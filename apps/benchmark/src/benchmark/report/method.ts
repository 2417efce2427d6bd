import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { ModuleSource } from '@segloss/trainer';

import { factsTable } from '../../page/facts.js';
import { html, type Html } from '../../page/html.js';
import { percentText } from '../../page/percent.js';
import { readJson, type CellResult, type Results } from '../results.js';
import { SCORE_MEANINGS, type Leaderboard } from '../table.js';

/** The parts of `dataset.json` that a page names. */
interface DatasetFile {
  readonly name: string;
  readonly description: string;
  readonly inputShape: readonly number[];
  readonly train: readonly string[];
  readonly val: readonly string[];
}

/** The parts of `env.json` that a page names. */
interface EnvironmentFile {
  readonly backend?: { readonly name: string; readonly reason: string };
  readonly sources?: readonly ModuleSource[];
  readonly [key: string]: unknown;
}

/** Everything needed to do it again, and to know what the numbers mean. */
export function method({ cells, axes }: Results, { sections }: Leaderboard, command: string): Html {
  const trained = cells.filter(({ state }) => state !== 'missing');
  const environment = environmentOf(trained);
  const rows: [string, string | Html][] = [
    ['command', html`<code>${command}</code>`],
    ...dataRows(trained),
    ...sections.flatMap(({ title, data }): [string, string][] =>
      data === undefined
        ? []
        : [
            [
              `true proportions${title === '' ? '' : `, ${title}`}`,
              `${data.classes.map((name, k) => `${name} ${percentText(data.truth[k]!, 4)}`).join(', ')} of the validation images; pixels without a label do not count`,
            ],
          ],
    ),
    ...axes.map(({ title, labels }): [string, string] => [`grid: ${title}`, labels.join(' | ')]),
    ['backend', environment.get('backend') ?? 'none started'],
    ...SCORE_MEANINGS.map(([names, meaning]): [string, string] => [names, meaning]),
    ['±', 'sample standard deviation over seeds'],
    ...ENVIRONMENT.map((key): [string, string] => [key, environment.get(key) ?? '']),
  ];
  return html`${factsTable(rows)} ${configuration(trained[0])}`;
}

const file = ({ folder }: CellResult, name: string): string => path.join(folder, name);

function dataRows(trained: readonly CellResult[]): [string, string][] {
  const sets = new Map<string, string>();
  for (const cell of trained) {
    const data = readJson<DatasetFile>(file(cell, 'dataset.json'));
    if (data === undefined) continue;
    const text = `${data.name}: ${data.description}; ${data.train.length} images for training, ${data.val.length} for validation, ${data.inputShape.join('x')} (height x width x channels)`;
    sets.set(text, text);
  }
  return [...sets.values()].map((text) => ['data', text]);
}

/** Versions and machine. */
const ENVIRONMENT = ['segloss', 'tfjs', 'node', 'platform', 'cpu', 'cores', 'memoryGiB'];

/** Backend, versions and machine of all runs, each text once. */
function environmentOf(trained: readonly CellResult[]): Map<string, string> {
  const texts = new Map<string, Set<string>>();
  const add = (key: string, text: string) => texts.set(key, (texts.get(key) ?? new Set()).add(text));
  for (const cell of trained) {
    const one = readJson<EnvironmentFile>(file(cell, 'env.json'));
    if (one?.backend) add('backend', `${one.backend.name}: ${one.backend.reason}`);
    for (const key of ENVIRONMENT) if (one?.[key] !== undefined) add(key, String(one[key]));
  }
  return new Map([...texts].map(([key, all]) => [key, [...all].join('; ')]));
}

/** The resolved configuration of the first run, where every value says where it comes from. */
function configuration(cell: CellResult | undefined): Html {
  if (cell === undefined) return html``;
  const text = readText(file(cell, 'config.resolved.yaml'));
  if (text === undefined) return html``;
  return html`<details>
    <summary>Configuration of the run ${path.basename(cell.folder)}</summary>
    <pre>${text}</pre>
  </details>`;
}

function readText(name: string): string | undefined {
  try {
    return readFileSync(name, 'utf8');
  } catch {
    return undefined; // killed before it was written
  }
}
