import path from 'node:path';

import { quote } from '../../../terminal.js';
import { FINAL_CODES, REQUEUE_CODE, RETRIES } from '../retries.js';
import type { CellArray, Emitted } from './cell-array.js';

/** Tasks of one array: Slurm's default of MaxArraySize, 1001, allows indices to 1000. */
const ARRAY_SIZE = 1000;
/** Seconds before the time limit at which a run is asked to save. */
const NOTICE = 120;

/** A script for sbatch: one task for each cell. */
export function slurmScript(
  { name, folder, plan, cells }: CellArray,
  { jobs }: { readonly jobs?: number | undefined },
): Emitted {
  const size = Math.min(cells.length, ARRAY_SIZE);
  const array = `0-${size - 1}${jobs === undefined ? '' : `%${jobs}`}`;
  const segloss = [process.execPath, path.resolve(process.argv[1]!)].map(quote).join(' ');
  const text = `#!/bin/bash
# ${cells.length} runs of the benchmark ${name}. Options of sbatch go over these lines: sbatch --mem=8G --time=04:00:00 FILE
#SBATCH --job-name=${name.replace(/[^\w.-]+/g, '-')}
#SBATCH --array=${array}
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --signal=B:USR1@${NOTICE}
#SBATCH --open-mode=append
#SBATCH --output=${quoted(path.join(folder.replaceAll('%', '%%'), 'logs', 'slurm-%A_%a.log'))}

index=$((\${1:-0} + SLURM_ARRAY_TASK_ID))
[ "$index" -lt ${cells.length} ] || exit 0

# The time limit is near: the run saves, and the task is queued again.
trap 'signal=USR1; kill -TERM "$run"' USR1
# scancel, preemption, scontrol requeue: Slurm sends the signal to the run too, and decides what comes next.
trap 'signal=TERM; ended=yes' TERM

for attempt in $(seq 0 ${RETRIES}); do
  ${segloss} run --plan ${quote(plan)} --index "$index" &
  run=$!
  while signal=; wait "$run"; code=$?; [ -n "$signal" ]; do :; done # a signal ends wait, but not the run
  case $code in
    0 | ${[...FINAL_CODES, REQUEUE_CODE].join(' | ')}) break ;; # done, nothing that a repetition mends, or stopped
  esac
  [ -z "$ended" ] || break
  echo "ended with code $code; attempt $((attempt + 1)) of ${1 + RETRIES}" >&2
done
[ "$code" != ${REQUEUE_CODE} ] || [ -n "$ended" ] || scontrol requeue "$SLURM_JOB_ID"
exit "$code"
`;
  const submit = (file: string) =>
    cells.length <= ARRAY_SIZE
      ? `sbatch ${quote(file)}`
      : `for first in $(seq 0 ${ARRAY_SIZE} ${cells.length - 1}); do sbatch ${quote(file)} "$first"; done`;
  return { text, submit };
}

/** In double quotes, as lines of #SBATCH want it. */
const quoted = (text: string): string => `"${text.replace(/(["\\])/g, '\\$1')}"`;
