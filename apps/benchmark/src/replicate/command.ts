import { suggestion } from '@segloss/common';
import { existsSync } from 'node:fs';
import path from 'node:path';

import { OutputFolder } from '@segloss/trainer';

import { benchmarkCommand, type BenchmarkRequest } from '../benchmark/command.js';
import { exitCodes, UsageError } from '../errors.js';
import type { Terminal } from '../terminal.js';
import { paperFigures } from './claims/figures.js';
import { paperSections, type PaperResults, type Sections } from './claims/sections.js';
import { collectRows } from './collect.js';
import { FULL_PLANS, FULL_SETS, setOfPlan } from './full-plans.js';
import { SMALL_PLANS } from './plans.js';
import { prepareSet } from './prepare.js';
import { packRows, type PaperRows } from './rows.js';
import { SMALL_SETS, type PaperSet } from './sets.js';

export const SCALES = ['small', 'full'] as const;
export type Scale = (typeof SCALES)[number];

/** What `segloss replicate paper` was asked to do. */
export interface ReplicateRequest {
  /** Folder with a folder for each data set. */
  readonly data: string;
  readonly scale: Scale;
  readonly out: string;
  /** Only these plans; default: all. */
  readonly plans: readonly string[];
  readonly seeds?: readonly number[] | undefined;
  readonly set: readonly string[];
  /** ImageNet weights of the encoder, for `full`. */
  readonly encoderWeights?: string | undefined;
  readonly jobs?: number | undefined;
  readonly dryRun: boolean;
}

type Named = Pick<PaperSet, 'name' | 'layout' | 'address'>;

/**
 * Runs the plans of the replication on the data sets that are there, says which are not, and writes rows, figures and verdicts.
 *
 * @returns The exit code.
 */
export async function replicateCommand(request: ReplicateRequest, terminal: Terminal): Promise<number> {
  const { scale, out, dryRun } = request;
  const say = (text: string) => void terminal.stderr.write(`${text}\n`);
  const all: readonly Named[] = scale === 'small' ? SMALL_SETS : FULL_SETS;
  const there = all.filter(({ name }) => existsSync(path.join(request.data, name)));
  sayMissing(request, all.filter((set) => !there.includes(set)), say); // prettier-ignore
  const plans = plansOf(request, there.map(({ name }) => name)); // prettier-ignore
  if (!dryRun && scale === 'small' && plans.some((name) => name !== 'imbalance')) {
    for (const { name } of there) {
      say(`preparing ${name}`);
      await prepareSet(SMALL_SETS.find((set) => set.name === name)!, path.join(request.data, name), path.join(out, 'data', name)); // prettier-ignore
    }
  }
  let code: number = exitCodes.ok.code;
  for (const name of plans) {
    const ended = await benchmarkCommand(planRequest(request, name, there), terminal);
    if (ended === exitCodes.resumable.code) return ended;
    code ||= ended;
  }
  if (dryRun) return code;
  const sections = await writeEvidence(request, plans);
  terminal.stdout.write(
    `\n${sections['verdicts']!}\n\nrows, figures and tables: ${path.join(out, 'evidence.md')}\n`,
  );
  return code;
}

/** Names the data sets that are left out, with what they look like and where they come from. */
function sayMissing(
  { data, scale, encoderWeights }: ReplicateRequest,
  missing: readonly Named[],
  say: (text: string) => void,
): void {
  // prettier-ignore
  if (missing.length > 0) {
    say(`not found in ${data}, and left out:`);
    for (const { name, layout, address } of missing) say(`  ${name}/  (${layout})  ${address}`);
  }
  if (scale === 'full' && encoderWeights === undefined) {
    say(
      'no --encoder-weights: the encoders start at random, not at the ImageNet weights that the paper uses; --encoder-weights imagenet downloads them',
    );
  }
  if (scale === 'full') say("not in this plan: the paper's volumes (nnU-Net, 500 epochs)");
}

/** Plans that can run with these data sets. */
function plansOf({ plans: chosen, scale }: ReplicateRequest, there: readonly string[]): string[] {
  const known = Object.keys(textsOf(scale));
  const wrong = chosen.find((name) => !known.includes(name));
  if (wrong !== undefined)
    throw new UsageError(
      `--plan: wanted one of ${known.join(', ')} with --scale ${scale}, got "${wrong}"${suggestion(wrong, known)}`,
    );
  const possible = known.filter((name) => setsOfPlan(name, there).length > 0 || name === 'imbalance');
  return possible.filter((name) => chosen.length === 0 || chosen.includes(name));
}

const textsOf = (scale: Scale): Readonly<Record<string, string>> =>
  scale === 'small' ? SMALL_PLANS : { ...FULL_PLANS, imbalance: SMALL_PLANS['imbalance']! };

/** Data sets of a plan among those that are there; C7 has two. */
function setsOfPlan(plan: string, there: readonly string[]): string[] {
  if (plan === 'imbalance') return [];
  if (plan.startsWith('full-')) return there.filter((name) => name === setOfPlan(plan));
  const text = SMALL_PLANS[plan]!;
  return there.filter((name) => text.includes(`name: ${name},`));
}

function planRequest(request: ReplicateRequest, name: string, there: readonly Named[]): BenchmarkRequest {
  const { scale, out, data, seeds, encoderWeights, jobs, dryRun, set } = request;
  const file = outputOf(request).write(`${name}.yaml`, Buffer.from(textsOf(scale)[name]!));
  const sets = setsOfPlan(name, there.map((one) => one.name)); // prettier-ignore
  const root = scale === 'small' ? path.join(out, 'data') : data;
  const folders = sets.map((one) => ({ name: one, 'data.folder': dryRun && scale === 'small' ? path.join(data, one) : path.join(root, one) })); // prettier-ignore
  return {
    source: file,
    axes: [
      ...(folders.length > 0 ? [{ key: 'data.folder', value: folders, origin: '--data' }] : []),
      ...(seeds === undefined ? [] : [{ key: 'seed', value: [...seeds], origin: '--seeds' }]),
    ],
    values: {},
    set: [...set, ...(encoderWeights === undefined || name === 'imbalance' ? [] : [`model.encoderWeights=${JSON.stringify(encoderWeights)}`])], // prettier-ignore
    out: path.join(out, 'benchmarks', name),
    only: [],
    ...{ retryFailed: false, failFast: false, jobs, dryRun, fresh: false, json: false },
  };
}

/** Collects the rows of every plan, and writes them, the figures and the page. */
async function writeEvidence(request: ReplicateRequest, plans: readonly string[]): Promise<Sections> {
  const { out, scale } = request;
  const output = outputOf(request);
  const rows = new Map<string, PaperRows>();
  for (const name of plans) {
    const found = await collectRows(path.join(out, 'benchmarks', name), scale === 'small' && name.startsWith('claims')); // prettier-ignore
    rows.set(name, found);
    output.write(`results/${name}.json.gz`, packRows(found));
  }
  const results = resultsOf(rows, scale);
  const sections = paperSections(results);
  for (const [name, svg] of paperFigures(results)) output.write(name, Buffer.from(svg));
  output.write('evidence.md', Buffer.from(pageOf(sections)));
  return sections;
}

/** The folder of the replication, where files of others stay as they are. */
const outputOf = ({ out }: ReplicateRequest): OutputFolder =>
  new OutputFolder(out, { reads: [], remedy: 'move it away, or choose another --out' });

const NONE: PaperRows = { name: '', losses: [], sets: {}, rows: [] };

function resultsOf(rows: ReadonlyMap<string, PaperRows>, scale: Scale): PaperResults {
  const of = (name: string) => rows.get(name) ?? { ...NONE, name };
  const long = scale === 'small' ? of('claims-long') : merged([...rows.values()].filter(({ name }) => name.startsWith('full-'))); // prettier-ignore
  return { long, short: of('claims'), imbalance: of('imbalance'), temperature: of('temperature') };
}

/** The rows of several plans with the same losses. */
function merged(plans: readonly PaperRows[]): PaperRows {
  return {
    name: 'full',
    losses: plans[0]?.losses ?? [],
    sets: Object.assign({}, ...plans.map(({ sets }) => sets)) as PaperRows['sets'],
    rows: plans.flatMap(({ rows }) => rows),
  };
}

const TITLES: readonly (readonly [section: string, title: string])[] = [
  ['verdicts', 'Verdicts'],
  ['reached', 'Trainings'],
  ['dice', 'Dice of the mask, mean over seeds and cases'],
  ['sizes', 'p/q, soft / hard, mean over seeds'],
  ['curves', 'Dice at half of the epochs, at four fifths and at the end'],
  ['c1', 'C1: CE keeps the true proportions'],
  ['c2', 'C2: Dice is drawn to extremely imbalanced solutions'],
  ['c3', 'C3: Dice where regions are small, CE where sizes vary'],
  ['c4', 'C4: CE + size term is best'],
  ['c5', 'C5: the size term brings the proportions right'],
  ['c6', 'C6: gains sit in the small regions'],
  ['c7', 'C7: temperature and weight'],
  ['c8', 'C8: a decoder can do what the loss does'],
];

function pageOf(sections: Sections): string {
  const parts = TITLES.map(([name, title]) => `## ${title}\n\n${sections[name]!}\n`);
  return `# The paper's claims on your data\n\ndocs/evidence.md of segloss explains the claims, the statistics and the verdicts.\n\n${parts.join('\n')}`;
}
