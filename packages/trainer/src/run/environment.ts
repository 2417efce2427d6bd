import { availableParallelism, cpus, totalmem } from 'node:os';
import { createRequire } from 'node:module';

import { version_core } from '@tensorflow/tfjs-core';

import { type BackendChoice } from '../backend/types.js';

/** What the numbers of a run depend on beside its configuration, and what it was started with: `env.json`. */
export interface RunEnvironment {
  readonly segloss: string;
  readonly tfjs: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly backend: Pick<BackendChoice, 'name' | 'reason'>;
  readonly command: readonly string[];
}

/** The versions that the numbers of a run depend on. */
export function versions(): { segloss: string; tfjs: string; node: string } {
  const { version } = createRequire(import.meta.url)('@segloss/trainer/package.json') as { version: string };
  return { segloss: version, tfjs: version_core, node: process.version };
}

export function runEnvironment(backend: BackendChoice, command: readonly string[]): RunEnvironment {
  return {
    ...versions(),
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    backend: { name: backend.name, reason: backend.reason },
    command,
  };
}
