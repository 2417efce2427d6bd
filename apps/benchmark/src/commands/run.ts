import type { Command } from 'commander';

import { runCommand } from '../benchmark/command.js';
import { runDefaults } from '../benchmark/defaults.js';
import type { Terminal } from '../terminal.js';
import { settingsOf, withTrainingFlags, type Flags } from './training-flags.js';

/** `segloss run`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  withTrainingFlags(
    command.requiredOption('--data <folder>', 'folder of images and masks'),
    runDefaults,
  ).action(async (flags: Flags) => {
    finish(await runCommand(settingsOf(flags, runDefaults), { json: flags.json === true, terminal }));
  });
}
