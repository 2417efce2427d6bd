import { openRun, type Decoding, type OpenRun, type PredictImageOptions } from '@segloss/trainer';
import type { Command } from 'commander';
import path from 'node:path';

import { UsageError } from '../errors.js';
import { parseDecoding, parseDecodings } from '../decoding.js';
import { parseCount, parseShare } from '../options.js';
import { consentOf } from '../consent.js';
import type { Terminal } from '../terminal.js';
import { oneOf } from './choices.js';

/** Flags of the commands that use a trained run. */
export interface RunFlags {
  checkpoint?: string;
  backend?: string;
  window?: boolean;
  overlap?: number;
  tta?: boolean;
  decode?: readonly Decoding[];
  minComponent?: number;
  calibrated?: boolean;
  json?: boolean;
  allowModules?: boolean;
}

/** Adds the flags that choose weights, backend and windows. @param decodings Whether the command takes several decodings. */
export function withRunFlags(command: Command, decodings: 'one' | 'several' = 'one'): Command {
  return command
    .option('--checkpoint <name>', 'best, last or previous', 'best')
    .option('--backend <name>', 'auto, tensorflow, webgpu, wasm or cpu (default: that of the run)')
    .option('--window', "slide a window of the model's size over each image instead of resizing it")
    .option('--overlap <x>', 'overlap of neighboring windows, as a fraction of their size', parseShare)
    .option('--tta', 'average the probabilities over all mirrorings of each image')
    .option(
      decodings === 'one' ? '--decode <policy>' : '--decode <list>',
      decodings === 'one'
        ? 'how labels follow from probabilities: argmax, volume, dice or threshold=X (default: argmax)'
        : 'how labels follow from probabilities: argmax, volume, dice or threshold=X, or several side by side: argmax,volume,dice (default: argmax)',
      decodings === 'one' ? (text: string) => [parseDecoding(text)] : parseDecodings,
    )
    .option('--min-component <n>', 'turn components of fewer pixels or voxels into background', parseCount)
    .option(
      '--calibrated',
      'scale the probabilities by the temperature that segloss test --fit-temperature found',
    )
    .option('--allow-modules', 'run the module of the model that the run names')
    .option('--json', 'print the result as JSON');
}

/** Opens the run of a command, and says where its settings were edited. */
export async function open(
  folder: string,
  {
    checkpoint = 'best',
    backend,
    allowModules = false,
    calibrated = false,
  }: Pick<RunFlags, 'checkpoint' | 'backend' | 'allowModules' | 'calibrated'>,
  terminal: Terminal,
): Promise<OpenRun> {
  const run = await openRun(absolute(terminal, folder), {
    checkpoint: checkpointOf(checkpoint),
    calibrated,
    modules: allowModules || consentOf(terminal),
    ...(backend !== undefined && { backend: backend as 'auto' }),
  });
  if (run.edited) {
    terminal.stderr.write(
      `warning: ${path.join(folder, 'config.resolved.yaml')} was edited after the training: the results are of the edited settings\n`,
    );
  }
  return run;
}

/** Opens runs that predict together, on the backend of the first. */
export async function openAll(
  folders: readonly string[],
  flags: RunFlags,
  terminal: Terminal,
): Promise<OpenRun[]> {
  const runs: OpenRun[] = [];
  for (const folder of folders) {
    const backend = flags.backend ?? runs[0]?.config.backend;
    runs.push(await open(folder, { ...flags, ...(backend !== undefined && { backend }) }, terminal));
  }
  return runs;
}

/** How images come to the model, and labels out of it. */
export function predictionOf(flags: RunFlags): PredictImageOptions {
  const { tta } = flags;
  const [decode] = decodingsOf(flags) ?? [];
  return { ...windowOf(flags), ...(tta !== undefined && { tta }), ...(decode && { decode }) };
}

/** How labels come out of probabilities, in each of the requested ways; undefined for the most probable class. */
export function decodingsOf({ decode, minComponent }: RunFlags): readonly Decoding[] | undefined {
  if (minComponent === undefined) return decode;
  return (decode ?? [{ policy: 'argmax' as const }]).map((one) => ({ ...one, minComponent }));
}

function windowOf({ window, overlap }: RunFlags) {
  if (overlap !== undefined && window !== true)
    throw new UsageError('--overlap: wanted --window with it, got none');
  return { ...(window !== undefined && { window }), ...(overlap !== undefined && { overlap }) };
}

export const checkpointOf = (name: string) =>
  oneOf('checkpoint', name, ['best', 'last', 'previous'] as const);

/** A path of the command line, from the terminal's folder. */
export const absolute = ({ folder }: Terminal, file: string) => path.resolve(folder, file);
