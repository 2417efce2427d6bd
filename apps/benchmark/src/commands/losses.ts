import { lossPresets, lossRegistry, lossWrappers } from '@segloss/losses';
import type { Command } from 'commander';

import { colorsFor, type Terminal } from '../terminal.js';

/** `segloss losses`. */
export function define(command: Command, terminal: Terminal): void {
  command.action(() => lossesCommand(terminal));
}

/** `segloss losses`: one line for each loss of the registry, then the wrappers and the named compounds. */
export function lossesCommand({ stdout, env }: Pick<Terminal, 'stdout' | 'env'>): void {
  const colors = colorsFor(stdout, env);
  const definitions = [...lossRegistry().values()].map((factory) => factory.definition);
  const width = Math.max(...definitions.map(({ name }) => name.length));
  for (const { name, summary, defaults } of definitions) {
    const options = Object.entries(defaults).map(([key, value]) => `${key}=${String(value)}`);
    const tail = options.length > 0 ? colors.dim(`  (${options.join(', ')})`) : '';
    stdout.write(`${colors.bold(name.padEnd(width))}  ${summary}${tail}\n`);
  }
  stdout.write(`\nwrappers: ${Object.keys(lossWrappers()).map((name) => `${name}(...)`).join(', ')}\n`); // prettier-ignore
  const named = Object.entries(lossPresets()).map(([name, spec]) => `${name} = ${spec}`);
  stdout.write(`named compounds:\n${named.map((line) => `  ${line}\n`).join('')}`);
}
