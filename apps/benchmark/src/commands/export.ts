import { exportModel, exportNotes, exportOnnx } from '@segloss/trainer';
import type { Command } from 'commander';

import type { Terminal } from '../terminal.js';
import { oneOf } from './choices.js';
import { absolute, open } from './run-flags.js';

interface ExportFlags {
  out: string;
  format: string;
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
    .option('--checkpoint <name>', 'best, last or previous', 'best')
    .option('--allow-modules', 'run the module of the model that the run names')
    .option('--overwrite', 'also replace files that segloss did not write')
    .action(async (run: string, { out, format, overwrite = false, ...flags }: ExportFlags) => {
      const write = oneOf('format', format, ['tfjs', 'onnx'] as const) === 'onnx' ? exportOnnx : exportModel;
      const opened = await open(run, { ...flags, backend: 'cpu' }, terminal);
      const folder = absolute(terminal, out);
      await write(
        opened.model,
        folder,
        { ...exportNotes(opened) },
        { reads: [absolute(terminal, run)], overwrite },
      );
      terminal.stderr.write(
        `wrote ${format === 'onnx' ? 'model.onnx' : 'model.json and weights.bin'} to ${folder}\n`,
      );
    });
}
