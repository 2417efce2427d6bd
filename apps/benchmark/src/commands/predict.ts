import { predictFolder, releaseBackend } from '@segloss/trainer';
import type { Command } from 'commander';

import { exitCodes } from '../errors.js';
import { plural } from '../page/plural.js';
import type { Terminal } from '../terminal.js';
import { absolute, open, windowOf, withRunFlags, type RunFlags } from './run-flags.js';

interface PredictFlags extends RunFlags {
  out: string;
  overwrite?: boolean;
  recursive?: boolean;
}

/** `segloss predict`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  withRunFlags(
    command
      .argument('<run>', 'folder of the run')
      .argument('<images>', 'folder of PNG, JPEG or TIFF images, or NIfTI volumes')
      .requiredOption('--out <folder>', 'folder to write the label images to')
      .option('--recursive', 'also predict the images of the folders below, into folders of the same names')
      .option('--overwrite', 'also replace files that segloss did not write'),
  ).action(async (run: string, images: string, flags: PredictFlags) =>
    finish(await predictCommand(run, images, flags, terminal)),
  );
}

async function predictCommand(
  folder: string,
  images: string,
  flags: PredictFlags,
  terminal: Terminal,
): Promise<number> {
  const { stdout, stderr } = terminal;
  const run = await open(folder, flags, terminal);
  try {
    const out = absolute(terminal, flags.out);
    const result = await predictFolder(run, absolute(terminal, images), out, {
      ...windowOf(flags),
      overwrite: flags.overwrite === true,
      recursive: flags.recursive === true,
    });
    if (flags.json === true) stdout.write(`${JSON.stringify(result)}\n`);
    for (const { reason } of result.unreadable) stderr.write(`left out: ${reason}\n`);
    if (result.inSubfolders > 0) {
      stderr.write(
        `warning: ${plural(result.inSubfolders, 'image')} in the folders below ${images} left out; pass --recursive to predict them too\n`,
      );
    }
    stderr.write(
      `${result.written.length} label images in ${out}, values are ${run.classes.map((name, k) => `${k} ${name}`).join(', ')}\n`,
    );
    return result.unreadable.length > 0 ? exitCodes.data.code : exitCodes.ok.code;
  } finally {
    run.model.dispose();
    await releaseBackend();
  }
}
