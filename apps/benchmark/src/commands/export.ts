import { exportModel } from '@segloss/trainer';
import type { Command } from 'commander';

import type { Terminal } from '../terminal.js';
import { absolute, open } from './run-flags.js';

interface ExportFlags {
  out: string;
  checkpoint: string;
  overwrite?: boolean;
  allowModules?: boolean;
}

/** `segloss export`. */
export function define(command: Command, terminal: Terminal): void {
  command
    .argument('<run>', 'folder of the run')
    .requiredOption('--out <folder>', 'folder to write the two files to')
    .option('--checkpoint <name>', 'best, last or previous', 'best')
    .option('--allow-modules', 'run the module of the model that the run names')
    .option('--overwrite', 'also replace files that segloss did not write')
    .action(async (run: string, { out, overwrite = false, ...flags }: ExportFlags) => {
      const { model, classes, config } = await open(run, { ...flags, backend: 'cpu' }, terminal);
      const notes = { classes, loss: config.loss, normalize: config.data.normalize };
      await exportModel(model, absolute(terminal, out), notes, {
        reads: [absolute(terminal, run)],
        overwrite,
      });
      terminal.stderr.write(`wrote model.json and weights.bin to ${absolute(terminal, out)}\n`);
    });
}
