import { lossRegistry } from '@segloss/losses';
import type { Command } from 'commander';

import { colorsFor, type Terminal } from '../terminal.js';

/** `segloss losses`. */
export function define(command: Command, terminal: Terminal): void {
  command.action(() => lossesCommand(terminal));
}

/** `segloss losses`: one line for each loss of the registry. */
export function lossesCommand({ stdout, env }: Pick<Terminal, 'stdout' | 'env'>): void {
  const colors = colorsFor(stdout, env);
  const definitions = [...lossRegistry().values()].map((factory) => factory.definition);
  const width = Math.max(...definitions.map(({ name }) => name.length));
  for (const { name, summary, defaults } of definitions) {
    const options = Object.entries(defaults).map(([key, value]) => `${key}=${String(value)}`);
    const tail = options.length > 0 ? colors.dim(`  (${options.join(', ')})`) : '';
    stdout.write(`${colors.bold(name.padEnd(width))}  ${summary}${tail}\n`);
  }
}
