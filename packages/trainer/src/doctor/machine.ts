import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** What a training has to work with. */
export interface Machine {
  /** As `linux x64`. */
  readonly platform: string;
  readonly processor: string;
  /** On which this process may run. */
  readonly cores: number;
  /** Bytes that this process may use. */
  readonly memory: number;
  /** The GPUs that NVIDIA's driver names. */
  readonly gpus: readonly string[];
}

export function machine(): Machine {
  return {
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memory: memory(),
    gpus: nvidiaGpus(),
  };
}

/** A container may allow less than the machine has; without a limit Node says 0 or a number beyond all memory. */
function memory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function nvidiaGpus(): string[] {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
  const { status, stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8', timeout: 10_000 });
  if (status !== 0) return [];
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.split(', '))
    .map(([name, size, driver]) => `${name}, ${size}, driver ${driver}`);
}
