import { checkPattern } from '@segloss/data/masks';
import { OutputFolder, predictFolder, releaseBackend, type OpenRun } from '@segloss/trainer';
import type { Command } from 'commander';
import path from 'node:path';

import { ContactSheet } from '../contact-sheet.js';
import { exitCodes, UsageError } from '../errors.js';
import { parseCount } from '../options.js';
import { plural } from '../page/plural.js';
import type { Terminal } from '../terminal.js';
import { absolute, openAll, predictionOf, withRunFlags, type RunFlags } from './run-flags.js';

interface PredictFlags extends RunFlags {
  out: string;
  overwrite?: boolean;
  palette?: boolean;
  overlay?: string;
  recursive?: boolean;
  images?: string;
  contactSheet?: string;
  sheetImages?: number;
}

/** `segloss predict`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  withRunFlags(
    command
      .usage('[options] <run...> <images>')
      .argument(
        '<paths...>',
        'folder of the run, or of several, whose probabilities are averaged; then the folder of PNG, JPEG or TIFF images, or NIfTI volumes',
      )
      .requiredOption('--out <folder>', 'folder to write the label images to')
      .option(
        '--palette',
        'write label images with a palette: viewers show colors, values stay class indices',
      )
      .option('--overlay <folder>', 'also write the images with their predicted regions in color')
      .option('--contact-sheet <file>', 'also write a page with the first images and their predicted regions')
      .option('--sheet-images <n>', 'number of images on that page (default: 48)', parseCount)
      .option(
        '--images <pattern>',
        "images to predict, as in 'img/{name}_0000.nii.gz'; default: all of the folder",
      )
      .option('--recursive', 'also predict the images of the folders below, into folders of the same names')
      .option('--overwrite', 'also replace files that segloss did not write'),
  ).action(async (paths: string[], flags: PredictFlags) =>
    finish(await predictCommand(paths, flags, terminal)),
  );
}

async function predictCommand(
  paths: readonly string[],
  flags: PredictFlags,
  terminal: Terminal,
): Promise<number> {
  const { stdout, stderr } = terminal;
  const folders = paths.slice(0, -1);
  const images = paths.at(-1)!;
  if (folders.length === 0) {
    throw new UsageError(
      `predict: wanted a run and a folder of images, got only ${images}; for example: segloss predict runs/run-1 images --out labels`,
    );
  }
  if (flags.images !== undefined) checkImages(flags.images, flags.recursive === true);
  const runs = await openAll(folders, flags, terminal);
  try {
    const out = absolute(terminal, flags.out);
    const sheet = sheetOf(flags, runs, { images: absolute(terminal, images), terminal });
    const result = await predictFolder(runs, absolute(terminal, images), out, {
      ...predictionOf(flags),
      overwrite: flags.overwrite === true,
      recursive: flags.recursive === true,
      ...(flags.images !== undefined && { images: flags.images }),
      palette: flags.palette === true,
      ...(flags.overlay !== undefined && { overlay: absolute(terminal, flags.overlay) }),
      ...(sheet && { onLabels: (name, predicted) => sheet.add(name, predicted) }),
    });
    const written = sheet?.write(`${path.basename(images)}, predicted by ${folders.map((one) => path.basename(one)).join(', ')}`); // prettier-ignore
    if (written !== undefined) stderr.write(`contact sheet: ${written}\n`);
    if (flags.json === true) stdout.write(`${JSON.stringify(result)}\n`);
    for (const { reason } of result.unreadable) stderr.write(`left out: ${reason}\n`);
    if (result.inSubfolders > 0) {
      stderr.write(
        `warning: ${plural(result.inSubfolders, 'image')} in the folders below ${images} left out; pass --recursive to predict them too\n`,
      );
    }
    stderr.write(
      `${result.written.length} label images in ${out}, values are ${runs[0]!.classes.map((name, k) => `${k} ${name}`).join(', ')}\n`,
    );
    return result.unreadable.length > 0 ? exitCodes.data.code : exitCodes.ok.code;
  } finally {
    for (const { model } of runs) model.dispose();
    await releaseBackend();
  }
}

/** Throws what is wrong with the pattern as a fault of the command line. */
function checkImages(pattern: string, recursive: boolean): void {
  if (recursive) throw new UsageError('--recursive: wanted it or --images, got both; a pattern has ** for folders'); // prettier-ignore
  try {
    checkPattern('--images', pattern);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The page of `--contact-sheet`, whose place is checked before anything is predicted. */
function sheetOf(
  { contactSheet, sheetImages, overwrite = false }: PredictFlags,
  runs: readonly OpenRun[],
  { images, terminal }: { images: string; terminal: Terminal },
): { add: ContactSheet['add']; write: (title: string) => string } | undefined {
  if (contactSheet === undefined) {
    if (sheetImages !== undefined) throw new UsageError('--sheet-images: wanted --contact-sheet with it, got none'); // prettier-ignore
    return undefined;
  }
  const file = absolute(terminal, contactSheet);
  const inputs = [images, ...runs.map(({ folder }) => folder)];
  const output = new OutputFolder(path.dirname(file), { reads: inputs, overwrite });
  output.check([path.basename(file)]);
  const { classes, background } = runs[0]!;
  const sheet = new ContactSheet({ classes, background, most: sheetImages ?? 48 });
  return {
    add: (name, predicted) => sheet.add(name, predicted),
    write: (title) => output.write(path.basename(file), Buffer.from(sheet.page(title))),
  };
}
