import type { Command } from 'commander';

import { runCommand } from '../benchmark/command.js';
import { demoSettings, runDefaults } from '../benchmark/defaults.js';
import type { Terminal } from '../terminal.js';
import { settingsOf, withTrainingFlags, type Flags } from './training-flags.js';

/** `segloss demo`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  withTrainingFlags(
    command.option('--data <folder>', 'your images and masks instead of the embedded ones'),
    demoSettings,
  ).action(async (flags: Flags) => {
    const defaults =
      flags.data === undefined
        ? demoSettings
        : { ...demoSettings, size: runDefaults.size, norm: runDefaults.norm };
    finish(await runCommand(settingsOf(flags, defaults), { json: flags.json === true, terminal }));
  });
}
