import { exportModel, openRun } from '@segloss/trainer';
import type { Command } from 'commander';

import type { Terminal } from '../terminal.js';
import { absolute, checkpointOf } from './run-flags.js';

interface ExportFlags {
  out: string;
  checkpoint: string;
  overwrite?: boolean;
}

/** `segloss export`. */
export function define(command: Command, terminal: Terminal): void {
  command
    .argument('<run>', 'folder of the run')
    .requiredOption('--out <folder>', 'where the two files go')
    .option('--checkpoint <name>', 'best, last or previous', 'best')
    .option('--overwrite', 'also replace files that segloss did not write')
    .action(async (run: string, { out, checkpoint, overwrite = false }: ExportFlags) => {
      const { model, classes, config } = await openRun(absolute(terminal, run), {
        checkpoint: checkpointOf(checkpoint),
        backend: 'cpu',
      });
      const notes = { classes, loss: config.loss, normalize: config.data.normalize };
      await exportModel(model, absolute(terminal, out), notes, {
        reads: [absolute(terminal, run)],
        overwrite,
      });
      terminal.stderr.write(`wrote model.json and weights.bin to ${absolute(terminal, out)}\n`);
    });
}
