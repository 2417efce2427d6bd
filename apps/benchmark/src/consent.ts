import { createInterface } from 'node:readline/promises';

import { describeModule, type ModuleSource } from '@segloss/trainer';

import type { Terminal } from './terminal.js';

/** Asks on a terminal whether code may be run that a folder or a file from elsewhere names; without a terminal it may not. */
export function consentOf({ stderr }: Pick<Terminal, 'stderr'>) {
  return async (sources: readonly ModuleSource[]): Promise<boolean> => {
    if (!process.stdin.isTTY || !stderr.isTTY) return false;
    for (const source of sources) stderr.write(`${describeModule(source)}\n`);
    const terminal = createInterface({ input: process.stdin, output: stderr });
    try {
      const answer = await terminal.question('This run executes the code above. Run it? [y/N] ');
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      terminal.close();
    }
  };
}
