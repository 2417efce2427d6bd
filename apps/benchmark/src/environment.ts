import { createRequire } from 'node:module';
import os from 'node:os';

import { version_core } from '@tensorflow/tfjs-core';

const localRequire = createRequire(import.meta.url);

/** What the numbers of a report depend on beside the command: versions and machine. */
export function environment(): Record<string, string> {
  const cpus = os.cpus();
  const { version } = localRequire('segloss/package.json') as { version: string };
  return {
    segloss: version,
    'tfjs-core': version_core,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: `${cpus.length} x ${cpus[0]?.model.trim() ?? 'unknown'}`,
    memory: `${(os.totalmem() / 2 ** 30).toFixed(1)} GiB`,
  };
}
