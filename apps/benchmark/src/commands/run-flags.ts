import { openRun, type Decoding, type OpenRun, type PredictImageOptions } from '@segloss/trainer';
import type { Command } from 'commander';
import path from 'node:path';

import { UsageError } from '../errors.js';
import { parseDecoding } from '../decoding.js';
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
  decode?: Decoding;
  minComponent?: number;
  calibrated?: boolean;
  json?: boolean;
  allowModules?: boolean;
}

/** Adds the flags that choose weights, backend and windows. */
export function withRunFlags(command: Command): Command {
  return command
    .option('--checkpoint <name>', 'best, last or previous', 'best')
    .option('--backend <name>', 'auto, tensorflow, webgpu, wasm or cpu (default: that of the run)')
    .option('--window', "slide a window of the model's size over each image instead of resizing it")
    .option('--overlap <x>', 'overlap of neighboring windows, as a fraction of their size', parseShare)
    .option('--tta', 'average the probabilities over all mirrorings of each image')
    .option(
      '--decode <policy>',
      'how labels follow from probabilities: argmax, volume, dice or threshold=X (default: argmax)',
      parseDecoding,
    )
    .option('--min-component <n>', 'turn components of fewer pixels or voxels into background', parseCount)
    .option(
      '--calibrated',
      'scale the probabilities by the temperature that segloss test --fit-temperature found',
    )
    .option('--allow-modules', 'run the module of the model that the run names')
    .option('--json', 'print the result as JSON');
}

/** Opens the run of a command. */
export function open(
  folder: string,
  {
    checkpoint = 'best',
    backend,
    allowModules = false,
    calibrated = false,
  }: Pick<RunFlags, 'checkpoint' | 'backend' | 'allowModules' | 'calibrated'>,
  terminal: Terminal,
) {
  return openRun(absolute(terminal, folder), {
    checkpoint: checkpointOf(checkpoint),
    calibrated,
    modules: allowModules || consentOf(terminal),
    ...(backend !== undefined && { backend: backend as 'auto' }),
  });
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
  const { tta, decode, minComponent } = flags;
  const decoding =
    minComponent === undefined ? decode : { policy: 'argmax' as const, ...decode, minComponent };
  return { ...windowOf(flags), ...(tta !== undefined && { tta }), ...(decoding && { decode: decoding }) };
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
