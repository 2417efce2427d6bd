import type { Command } from 'commander';

import { openServer, QUEUE_VARIABLE, queueOf, withoutPassword } from '../benchmark/executors/queue/server.js';
import { workOnQueue } from '../benchmark/executors/queue/work.js';
import { exitCodes } from '../errors.js';
import { parseCount } from '../options.js';
import { plural } from '../page/plural.js';
import { trainingSession } from '../session.js';
import type { Terminal } from '../terminal.js';

interface WorkerFlags {
  queue?: string;
  jobs?: number;
  lostAfter: number;
  untilEmpty?: boolean;
}

/** `segloss worker`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  command
    .option(
      '--queue <address>',
      `redis://HOST:PORT or postgres://USER@HOST/DATABASE (default: ${QUEUE_VARIABLE} of the environment)`,
    )
    .option(
      '--jobs <n>',
      'number of trainings at the same time (default: as many as cores and memory allow)',
      parseCount,
    )
    .option(
      '--lost-after <seconds>',
      'a worker that gives no sign of life for so long is lost, and its run goes to another',
      parseCount,
      30,
    )
    .option('--until-empty', 'end when nothing is queued and nothing is being trained')
    .action(async (flags: WorkerFlags) => finish(await workerCommand(flags, terminal)));
}

/** Trains runs of a queue until it is stopped. */
async function workerCommand(flags: WorkerFlags, terminal: Terminal): Promise<number> {
  const { jobs, lostAfter, untilEmpty = false } = flags;
  const address = queueOf(flags, terminal);
  return trainingSession(terminal, async ({ signal, note: say }) => {
    const server = await openServer(address, (text) => say(`warning: ${text}`));
    say(`waiting for runs from ${server.name}`);
    const command = ['segloss', ...terminal.argv.map(withoutPassword)];
    const { finished, failed, givenBack } = await workOnQueue({ server, jobs, lostAfter, untilEmpty, signal, command, say }); // prettier-ignore
    say(`${plural(finished, 'run')} finished, ${failed} failed, ${givenBack} given back to the queue`);
    return givenBack > 0 ? exitCodes.resumable.code : exitCodes.ok.code;
  });
}
