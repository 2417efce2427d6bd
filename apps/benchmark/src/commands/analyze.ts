import path from 'node:path';

import { printable } from '@segloss/data';
import { checkPattern } from '@segloss/data/masks';
import type { Decoding } from '@segloss/trainer';
import { InvalidArgumentError, type Command } from 'commander';

import { colorsFor, rawStream, type Terminal } from '../terminal.js';
import { exitCodes, UsageError } from '../errors.js';
import { parseDecodings } from '../decoding.js';
import { collect } from '../options.js';
import { lesionOptions, type LesionFlags } from '../lesions.js';
import { withLesionFlags } from './lesion-flags.js';
import { analyzeRuns } from '../analyze/analysis.js';
import { sizeReportJson } from '../analyze/json.js';
import { splitPattern } from '../analyze/list-masks.js';
import { readNnunet } from '../analyze/read-nnunet.js';
import { renderSizePage } from '../analyze/page.js';
import { readFolders } from '../analyze/read-folders.js';
import type { ReadRuns } from '../analyze/runs.js';
import { faultText, reportText } from '../analyze/text.js';

/** The flags of `segloss analyze`, after parsing. */
export interface AnalyzeFlags extends LesionFlags {
  pred?: string[];
  gt?: string;
  nnunet?: string[];
  name?: string[];
  classes?: string[];
  ignore?: number;
  /** The folders, where they stand behind the flag and not behind --pred. */
  probabilities?: boolean | string[];
  decode?: Decoding[];
  quantiles: number;
  resamples: number;
  seed: number;
  followLinks?: boolean;
  out?: string;
  overwrite?: boolean;
  full?: boolean;
  json?: boolean;
}

/** `segloss analyze`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  withLesionFlags(command)
    .option(
      '--pred <folder>',
      "folder of predicted masks (PNG, TIFF, NIfTI), or a pattern, as in 'out/{name}_pred.png'; repeat to compare",
      collect,
    )
    .option(
      '--gt <folder>',
      "folder of true masks, with the same file names, or a pattern, as in 'gt/{name}_mask.png'",
    )
    .option('--nnunet <file>', 'summary.json of nnU-Net, instead of folders; repeat to compare', collect)
    .option(
      '--name <text>',
      'name of a model in the tables; one for each --pred or --nnunet, in order',
      collect,
    )
    .option('--classes <list>', 'names of the labels 0, 1, ... (background,lesion)', parseNames)
    .option(
      '--ignore <label>',
      'true label of pixels that do not count (default: 255, unless masks are 0 and 255)',
      whole('a label', 0, 65535),
    ) // prettier-ignore
    .option(
      '--probabilities [folder]',
      'predictions are probabilities: .npz or .npy (as nnU-Net writes them), NIfTI from 0 to 1, gray PNG or TIFF; repeat to compare',
      collect,
    )
    .option(
      '--decode <list>',
      'also make labels of the probabilities, to compare them: argmax,volume,dice,threshold=X',
      parseDecodings,
    )
    .option('--quantiles <n>', 'number of size bins with equally many cases', whole('bins', 1, 100), 4)
    .option('--resamples <n>', 'number of bootstrap samples', whole('samples', 100, 100_000), 1000)
    .option('--seed <n>', 'seed of the bootstrap', whole('a seed', 0, 2 ** 31 - 1), 0)
    .option('--follow-links', 'also read links that lead out of the folders')
    .option('--out <file>', 'write an HTML page with charts')
    .option('--overwrite', 'let --out replace a file that segloss did not write')
    .option('--full', 'print every table instead of a summary')
    .option('--json', 'print everything as JSON, including each case')
    .action(async (flags: AnalyzeFlags) => finish(await analyzeCommand(flags, terminal)));
}

/**
 * `segloss analyze`: says how large each class is predicted, against the truth.
 *
 * @returns The exit code: that of data that cannot be used, if any file was left out.
 */
export async function analyzeCommand(
  flags: AnalyzeFlags,
  terminal: Pick<Terminal, 'stdout' | 'stderr' | 'folder' | 'env'>,
): Promise<number> {
  const { stdout, stderr, folder, env } = terminal;
  const out = flags.out === undefined ? undefined : await outputOf(flags, folder);
  const read = await readRuns(flags, folder, progress(stderr));
  const { quantiles, resamples, seed } = flags;
  const report = analyzeRuns(read, { quantiles, resamples, seed });
  for (const note of report.notes.filter((text) => text.startsWith('warning: ')))
    stderr.write(`${printable(note)}\n`);
  if (out) {
    const file = out.folder.write(out.name, Buffer.from(renderSizePage(report)));
    stderr.write(`report: ${file}\n`);
  }
  stdout.write(
    flags.json === true
      ? sizeReportJson(report)
      : reportText(report, {
          colors: colorsFor(stdout, env),
          full: flags.full === true,
          width: stdout.columns,
        }),
  );
  if (report.faults.length === 0) return exitCodes.ok.code;
  stderr.write(`${faultText(report.faults)}\n`);
  return exitCodes.data.code;
}

/** Where the page goes: refused before any work if that is an input, or a file that segloss did not write. */
async function outputOf(flags: AnalyzeFlags, folder: string) {
  const { out = '', gt, nnunet = [], overwrite = false } = flags;
  const file = path.resolve(folder, out);
  const reads = [...predictionsOf(flags), ...(gt === undefined ? [] : [gt]), ...nnunet].map(
    (one) => splitPattern(path.resolve(folder, one)).folder,
  );
  // The trainer takes longer to load than a hundred masks to read, so only who writes a page loads it.
  const { OutputFolder } = await import('@segloss/trainer');
  const output = new OutputFolder(path.dirname(file), { reads, overwrite });
  const name = path.basename(file);
  output.check([name]);
  return { folder: output, name };
}

function readRuns(
  flags: AnalyzeFlags,
  folder: string,
  onCase: (done: number, total: number) => void,
): Promise<ReadRuns> {
  const { gt, nnunet = [], classes, ignore, probabilities, decode } = flags;
  const pred = predictionsOf(flags);
  if (nnunet.length > 0) {
    const other = Object.entries({
      '--pred': flags.pred?.[0],
      '--gt': gt,
      '--ignore': ignore,
      '--probabilities': flags.probabilities,
      '--decode': decode,
      '--lesions': flags.lesions,
      '--brats': flags.brats,
    });
    const used = other.find(([, value]) => value !== undefined);
    if (used) throw new UsageError(`${used[0]}: not with --nnunet, whose summary has the counts already`);
    const names = namesOf('--nnunet', nnunet, flags.name, (file) =>
      path.basename(path.dirname(path.resolve(folder, file))),
    );
    return readNnunet(
      nnunet.map((file, i) => ({ name: names[i]!, file: path.resolve(folder, file) })),
      classes,
    );
  }
  const lesions = lesionOptions(flags);
  if (lesions !== undefined && probabilities && !decode) {
    throw new UsageError(
      '--lesions: wanted --decode with --probabilities, got none; summed probabilities have no lesions, e.g. --decode argmax,volume',
    );
  }
  if (pred.length === 0 || gt === undefined) {
    const missing = pred.length === 0 ? '--pred <folder>' : '--gt <folder>';
    throw new UsageError(`analyze: wanted ${missing}, got none; or --nnunet <summary.json>`);
  }
  const at = (place: string) => path.resolve(folder, place);
  for (const place of [gt, ...pred]) {
    const { pattern } = splitPattern(at(place));
    if (pattern !== undefined) wrongPattern(place, pattern);
  }
  const names = namesOf('--pred', pred, flags.name, (place) => path.basename(splitPattern(at(place)).folder));
  return readFolders({
    truth: at(gt),
    predictions: pred.map((one, i) => ({ name: names[i]!, folder: at(one) })),
    classes,
    ignore,
    probabilities: Boolean(probabilities),
    ...(decode && { decode }),
    lesions,
    followLinks: flags.followLinks ?? false,
    onCase,
  });
}

/** Throws what is wrong with a pattern as a fault of the command line. */
function wrongPattern(place: string, pattern: string): void {
  try {
    checkPattern(place, pattern);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The folders of predictions: behind `--pred`, or behind `--probabilities`. */
function predictionsOf({ pred = [], probabilities, decode }: AnalyzeFlags): readonly string[] {
  if (decode && !probabilities) {
    throw new UsageError(
      '--decode: wanted --probabilities with it, got none; labels are decoded from probabilities',
    );
  }
  if (!Array.isArray(probabilities)) return pred;
  if (pred.length === 0) return probabilities;
  throw new UsageError(
    `--probabilities: wanted one kind of predictions, got the folders ${probabilities.join(', ')} and --pred ${pred.join(', ')}; name the folders of probabilities once`,
  );
}

/** Names as given, else from the paths; no two may be the same. */
function namesOf(
  flag: string,
  sources: readonly string[],
  given: readonly string[] | undefined,
  nameOf: (source: string) => string,
): string[] {
  if (given !== undefined && given.length !== sources.length) {
    throw new UsageError(`--name: wanted one for each ${flag}, ${sources.length}, got ${given.length}`);
  }
  const names = given ?? sources.map(nameOf);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return [...names];
  if (given !== undefined) throw new UsageError(`--name: wanted different names, got "${twice}" twice`);
  return names.map((name, i) =>
    names.indexOf(name) === i && names.lastIndexOf(name) === i ? name : `${name} ${i + 1}`,
  );
}

/** Counts cases on a terminal, where a person waits. */
function progress(stderr: NodeJS.WriteStream): (done: number, total: number) => void {
  let shown = 0;
  return (done, total) => {
    if (stderr.isTTY !== true) return;
    if (done < total && Date.now() - shown < 100) return;
    shown = Date.now();
    // The guarded stream would show the carriage return instead of sending it.
    rawStream(stderr).write(`\r${done} of ${total} cases${done === total ? '\n' : ''}`);
  };
}

function parseNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.length < 2 || names.includes('') || new Set(names).size !== names.length) {
    throw new InvalidArgumentError(`Wanted at least two different names (background,lesion), got "${text}".`);
  }
  return names;
}

const whole = (what: string, from: number, to: number) => (text: string) => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < from || value > to) {
    throw new InvalidArgumentError(`Wanted ${what}: a whole number from ${from} to ${to}, got "${text}".`);
  }
  return value;
};
