import type { Command } from 'commander';

import { benchmarkCommand } from '../benchmark/command.js';
import { DEMO, OWN_FOLDER } from '../benchmark/embedded.js';
import type { Terminal } from '../terminal.js';
import { requestOf, withBenchmarkFlags, type BenchmarkFlags } from './benchmark.js';

/** `segloss demo`: a benchmark whose file is embedded. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  withBenchmarkFlags(command).action(async (flags: BenchmarkFlags) => {
    const own = flags.data !== undefined && flags.data.some((folder) => folder !== 'demo');
    const source = own ? { text: OWN_FOLDER, name: 'own-folder.yaml' } : { text: DEMO, name: 'demo.yaml' };
    finish(await benchmarkCommand({ ...requestOf(flags), source, name: 'demo' }, terminal));
  });
}
