import { readFileSync } from 'node:fs';
import path from 'node:path';

import {
  exportDifference,
  exportModel,
  exportNotes,
  exportOnnx,
  loadExportedModel,
  OutputFolder,
  QUANTIZATIONS,
  releaseBackend,
  type ExportDifference,
  type OpenRun,
  type OutputOptions,
} from '@segloss/trainer';
import type { Command } from 'commander';

import { UsageError } from '../errors.js';
import { checkPage, exportPage } from '../export-page/page.js';
import type { Terminal } from '../terminal.js';
import { oneOf } from './choices.js';
import { absolute, open } from './run-flags.js';

interface ExportFlags {
  out: string;
  format: string;
  quantize?: string;
  page?: boolean;
  checkpoint: string;
  overwrite?: boolean;
  allowModules?: boolean;
}

/** `segloss export`. */
export function define(command: Command, terminal: Terminal): void {
  command
    .argument('<run>', 'folder of the run')
    .requiredOption('--out <folder>', 'folder to write the model to')
    .option('--format <name>', 'tfjs (model.json and weights.bin) or onnx (model.onnx)', 'tfjs')
    .option(
      '--quantize <type>',
      'store filters as uint8, uint16 or float16, and print how much the logits change (tfjs only)',
    )
    .option(
      '--page',
      'also write index.html, a page that segments a dropped image in the browser (tfjs only)',
    )
    .option('--checkpoint <name>', 'best, last or previous', 'best')
    .option('--allow-modules', 'run the module of the model that the run names')
    .option('--overwrite', 'also replace files that segloss did not write')
    .action(async (run: string, { out, overwrite = false, ...flags }: ExportFlags) => {
      const format = oneOf('format', flags.format, ['tfjs', 'onnx'] as const);
      const quantize =
        flags.quantize === undefined ? undefined : oneOf('quantize', flags.quantize, QUANTIZATIONS);
      const { page = false } = flags;
      if ((quantize !== undefined || page) && format === 'onnx') {
        throw new UsageError(
          `export: --${page ? 'page' : 'quantize'} is for --format tfjs; leave one of them out`,
        );
      }
      const opened = await open(
        run,
        { ...flags, backend: quantize === undefined ? 'cpu' : 'wasm' },
        terminal,
      );
      try {
        const folder = absolute(terminal, out);
        const notes = { ...exportNotes(opened) };
        const options = { reads: [absolute(terminal, run)], overwrite };
        const say = (text: string) => terminal.stderr.write(`${text}\n`);
        if (format === 'onnx') {
          await exportOnnx(opened.model, folder, notes, options);
          say(`wrote model.onnx to ${folder}`);
          return;
        }
        if (page) checkPage(opened);
        await exportModel(opened.model, folder, notes, { ...options, quantize });
        if (page) writePage(opened, folder, options);
        say(`wrote ${page ? 'index.html, model.json' : 'model.json'} and weights.bin to ${folder}`);
        if (quantize === undefined) return;
        const exported = await loadExportedModel(folder);
        say(`${quantize}: ${differenceText(await exportDifference(opened, exported))}`);
        exported.dispose();
      } finally {
        opened.model.dispose();
        await releaseBackend();
      }
    });
}

function writePage(run: OpenRun, folder: string, options: OutputOptions): void {
  const topology = readFileSync(path.join(folder, 'model.json'), 'utf8');
  const weights = readFileSync(path.join(folder, 'weights.bin'));
  new OutputFolder(folder, options).write('index.html', Buffer.from(exportPage(run, { topology, weights })));
}

function differenceText({ images, count, largest, scale, changed }: ExportDifference): string {
  const from =
    images === 'random' ? 'random values' : `${count} validation ${count === 1 ? 'image' : 'images'}`;
  return `logits change by at most ${largest.toPrecision(2)} (they reach ${scale.toPrecision(2)}), and ${(100 * changed).toFixed(2)}% of the labels, on ${from}`;
}
