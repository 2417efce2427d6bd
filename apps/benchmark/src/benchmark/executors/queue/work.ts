import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Job, Queue, Worker } from 'bullmq';
import { RunError, serializeEvent, type RunEvent } from '@segloss/trainer';

import { PlanFile, type CellOfPlan } from '../../plan-file.js';
import { codeOfOutcome } from '../../train-cell.js';
import { afterExit } from '../retries.js';
import { TrainingPool } from '../training-pool.js';
import type { TrainingProcess } from '../training-process.js';
import { MAX_VANISHED_WORKERS, QUEUE_NAME, reasonOf, type RunJob } from './jobs.js';
import { ConnectionNotes, RECONNECT_MILLISECONDS, type QueueServer } from './server.js';

/** Options of {@link workOnQueue}. */
export interface WorkOptions {
  readonly server: QueueServer;
  /** Trainings at the same time. Default: as many as there are cores and memory for. */
  readonly jobs?: number | undefined;
  /** Seconds without a sign of life until a worker counts as lost and its run goes to another one. */
  readonly lostAfter: number;
  /** Ends when nothing is queued and nothing is being trained. */
  readonly untilEmpty: boolean;
  /** Stops: trainings are saved, and go back into the queue. */
  readonly signal: AbortSignal;
  readonly command: readonly string[];
  readonly say: (text: string) => void;
}

/** A run that another process still holds is tried again after this time. */
const BUSY_MILLISECONDS = 10_000;
/** Between two looks at memory and queue. */
const LOOK_MILLISECONDS = 1_000;
/** Between two reports of updates of the weights: a display of many machines needs no more. */
const STEP_MILLISECONDS = 5_000;
/** How long the end of a run waits for its last event to be sent. */
const SENDING_MILLISECONDS = 2_000;

/** What a worker came to. */
export interface WorkSummary {
  readonly finished: number;
  readonly failed: number;
  /** Runs that were given back to the queue. */
  readonly givenBack: number;
}

/**
 * Trains the runs of a queue, in child processes so that this one can renew its claim on them.
 *
 * @throws {RunError} If this machine does not see the folder of the first benchmark.
 */
export async function workOnQueue(options: WorkOptions): Promise<WorkSummary> {
  const { server, untilEmpty, signal } = options;
  const team = new Team(options);
  const queue = new server.Queue(QUEUE_NAME, { connection: server.connection });
  queue.on('error', (error) => team.notes.error(error));
  try {
    while (!signal.aborted && team.problem === undefined) {
      team.grow();
      if (untilEmpty && team.isIdle && (await isEmpty(queue, signal, team.notes))) break;
      await sleep(LOOK_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await team.stop();
    await queue.close();
  }
  if (team.problem !== undefined) throw team.problem;
  return team.summary;
}

async function isEmpty(queue: Queue, signal: AbortSignal, notes: ConnectionNotes): Promise<boolean> {
  const aborted = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true })); // prettier-ignore
  try {
    const counts = await Promise.race([queue.getJobCounts('wait', 'active', 'delayed', 'prioritized'), aborted]); // prettier-ignore
    return counts !== undefined && Object.values(counts).every((count) => count === 0);
  } catch (error) {
    notes.error(error as Error);
    return false;
  }
}

/** Members that each train one run at a time; as many as cores and memory allow. */
class Team {
  readonly notes: ConnectionNotes;
  readonly summary = { finished: 0, failed: 0, givenBack: 0 };
  /** Why this machine cannot work at all. */
  problem: RunError | undefined;
  private readonly pool: TrainingPool;
  private readonly members: Worker<RunJob>[] = [];
  private readonly plans = new Map<string, { readonly plan: PlanFile; readonly version: string }>();
  private busy = 0;

  constructor(private readonly options: WorkOptions) {
    this.pool = new TrainingPool(options.jobs);
    this.notes = new ConnectionNotes(options.server.name, options.say);
  }

  get isIdle(): boolean {
    return this.busy === 0;
  }

  /** Adds a member, if all others train and there is room for one more. */
  grow(): void {
    const { jobs, server, lostAfter } = this.options;
    while (this.members.length < (jobs ?? this.busy + 1) && this.pool.hasRoom()) {
      let own: TrainingProcess | undefined;
      const member = new server.Worker<RunJob>(
        QUEUE_NAME,
        async (job, token) => {
          this.busy++;
          try {
            if (own?.usable !== true) own = this.pool.start();
            return await this.train(job, token!, own);
          } finally {
            this.busy--;
          }
        },
        {
          connection: server.connection,
          lockDuration: lostAfter * 1000,
          stalledInterval: lostAfter * 1000,
          maxStalledCount: MAX_VANISHED_WORKERS,
          runRetryDelay: RECONNECT_MILLISECONDS,
        },
      );
      member.on('error', (error) => this.notes.error(error));
      member.on('active', () => this.notes.answered());
      member.on('drained', () => own?.stop()); // an idle process needs memory
      this.members.push(member);
    }
  }

  /** Ends all trainings, which save and give their runs back. */
  async stop(): Promise<void> {
    this.pool.stop();
    await Promise.all(this.members.map((member) => member.close()));
    this.pool.stop();
  }

  private async train(job: Job<RunJob>, token: string, process: TrainingProcess): Promise<object> {
    const { say, command, server, signal } = this.options;
    const { DelayedError, UnrecoverableError } = server.errors;
    if (signal.aborted || this.problem !== undefined) return this.giveBack(job, token);
    let cell: CellOfPlan;
    try {
      cell = this.find(job.data);
    } catch (error) {
      if (error === this.problem) return this.giveBack(job, token);
      this.summary.failed++;
      throw new UnrecoverableError(reasonOf({ status: 'failed', error: error as Error }));
    }
    const name = `${cell.name}-${cell.id}`;
    say(`${name}: training`);
    let started = false;
    const { report, sent } = this.reporter(job);
    const onEvent = (event: RunEvent) => {
      started ||= event.type === 'run.start';
      report(event);
    };
    const outcome = await process.train({ cell, command, onEvent });
    await sent();
    const reason = reasonOf(outcome);
    switch (afterExit(codeOfOutcome(outcome))) {
      case 'done':
        this.summary.finished++;
        // A job comes again where the server went away before it knew of its end.
        say(`${name}: ${started ? 'finished' : 'had finished before'}`);
        return { status: outcome.status };
      case 'requeue':
        if (outcome.status !== 'busy') return this.giveBack(job, token, name);
        say(`${name}: ${reason}; tried again in ${BUSY_MILLISECONDS / 1000} s`);
        await job.moveToDelayed(Date.now() + BUSY_MILLISECONDS, token);
        throw new DelayedError();
      case 'final':
        this.summary.failed++;
        say(`${name}: ${reason}`);
        throw new UnrecoverableError(reason);
      case 'retry':
        say(`${name}: ${reason} (attempt ${job.attemptsMade + 1} of ${job.opts.attempts})`);
        throw new Error(reason);
    }
  }

  /** Puts a run back into the queue, without counting an attempt. */
  private async giveBack(job: Job<RunJob>, token: string, name?: string): Promise<never> {
    this.summary.givenBack++;
    await job.moveToWait(token);
    if (name !== undefined) this.options.say(`${name}: saved, and given back to the queue`);
    throw new this.options.server.errors.WaitingError();
  }

  private find({ plan: file, index, id }: RunJob): CellOfPlan {
    const stat = statSync(file, { throwIfNoEntry: false });
    const known = this.plans.get(file);
    // The first benchmark shows whether this machine shares the folders; later ones may have been removed.
    if (stat === undefined && this.plans.size === 0 && !existsSync(path.dirname(path.dirname(file)))) {
      this.problem = new RunError(
        `${file}: not found on this machine, but a run of the queue needs it: mount the folder of the benchmark under the same path ` +
          'as where it was queued, and its images too',
        'bad-plan',
      );
      throw this.problem;
    }
    const version = `${stat?.ino} ${stat?.mtimeMs} ${stat?.size}`;
    const plan = known?.version === version ? known.plan : PlanFile.open(file);
    this.plans.set(file, { plan, version });
    const line = plan.indexOf(id, index);
    if (line !== undefined) return plan.read(line);
    throw new RunError(`${file}: the run ${id} is not part of this benchmark any more`, 'stale-plan');
  }

  /** Sends the events of a run to whoever follows, one after the other: a server with several connections would mix them up. */
  private reporter(job: Job<RunJob>): { report: (event: RunEvent) => void; sent: () => Promise<unknown> } {
    let stepped = 0;
    let waiting = 0;
    let last = Promise.resolve();
    const report = (event: RunEvent) => {
      if (event.type === 'step') {
        if (waiting > 0 || Date.now() - stepped < STEP_MILLISECONDS) return;
        stepped = Date.now();
      }
      waiting++;
      last = last
        .then(() => job.updateProgress(serializeEvent(event)))
        .catch((error: Error) => this.notes.error(error))
        .finally(() => void waiting--);
    };
    // The last event says how a run ended; it should arrive before the end, but must not hold it up where the server is away.
    return { report, sent: () => Promise.race([last, sleep(SENDING_MILLISECONDS)]) };
  }
}
