import { exportModel, openRun } from '@segloss/trainer';
import type { Command } from 'commander';

import type { Terminal } from '../terminal.js';
import { absolute, checkpointOf } from './run-flags.js';

/** `segloss export`. */
export function define(command: Command, terminal: Terminal): void {
  command
    .argument('<run>', 'folder of the run')
    .requiredOption('--out <folder>', 'where the two files go')
    .option('--checkpoint <name>', 'best, last or previous', 'best')
    .action(async (run: string, { out, checkpoint }: { out: string; checkpoint: string }) => {
      const { model, classes, config } = await openRun(absolute(terminal, run), {
        checkpoint: checkpointOf(checkpoint),
        backend: 'cpu',
      });
      await exportModel(model, absolute(terminal, out), {
        classes,
        loss: config.loss,
        normalize: config.data.normalize,
      });
      terminal.stderr.write(`wrote model.json and weights.bin to ${absolute(terminal, out)}\n`);
    });
}
