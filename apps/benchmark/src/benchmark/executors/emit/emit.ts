import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { replace, writeLines, type Benchmark, type PlannedCell } from '../../plan.js';
import { kubernetesJob, type KubernetesOptions } from './kubernetes.js';
import { slurmScript } from './slurm.js';

/** Schedulers that a benchmark can be written for. */
export const SCHEDULERS = ['slurm', 'kubernetes'] as const;

/** What to write. */
export interface EmitRequest extends KubernetesOptions {
  readonly scheduler: (typeof SCHEDULERS)[number];
}

/**
 * Writes cells as the array job of a scheduler, into the folder of the benchmark. The array has a plan of its own, so that a job that still waits
 * keeps its cells whatever the benchmark becomes.
 *
 * @returns The command that submits it.
 */
export function emit(
  { name, folder }: Pick<Benchmark, 'name' | 'folder'>,
  cells: readonly PlannedCell[],
  request: EmitRequest,
): string {
  const hash = createHash('sha256').update(cells.map(({ id }) => id).join()).digest('hex').slice(0, 8); // prettier-ignore
  const plan = path.join(folder, `plan-${hash}.jsonl`);
  const array = { name, folder, plan, cells, hash };
  const slurm = request.scheduler === 'slurm';
  const { text, submit } = slurm ? slurmScript(array, request) : kubernetesJob(array, request);
  const file = path.join(folder, slurm ? `slurm-${hash}.sh` : `kubernetes-${hash}.yaml`);
  mkdirSync(path.join(folder, 'logs'), { recursive: true });
  writeLines(plan, cells);
  replace(file, text);
  return submit(file);
}
