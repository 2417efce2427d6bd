import { availableParallelism, cpus, totalmem } from 'node:os';
import { createRequire } from 'node:module';

import { version_core } from '@tensorflow/tfjs-core';

import { type BackendChoice } from '../backend/types.js';

/** Versions and machine: what the numbers of a process depend on. */
export interface MachineEnvironment {
  readonly segloss: string;
  readonly tfjs: string;
  readonly node: string;
  /** Of the JavaScript engine, whose `Math.pow` and `Math.exp` differ between versions. */
  readonly v8: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
}

/** What the numbers of a run depend on besides its configuration, and the command that started it: `env.json`. */
export interface RunEnvironment extends MachineEnvironment {
  readonly backend: Pick<BackendChoice, 'name' | 'reason'>;
  readonly command: readonly string[];
}

/** `env.json`: the latest process that trained the run, and earlier ones in which numbers may have come out otherwise. */
export interface RunEnvironments extends RunEnvironment {
  readonly earlier?: readonly RunEnvironment[];
}

/** What numbers depend on, in the last bits. */
const EXACT = ['segloss', 'tfjs', 'node', 'v8', 'platform'] as const;

/** What differs so that a resumed run may not end bit-identical to an undisturbed one; empty where nothing does. */
export function differences(before: RunEnvironment, now: RunEnvironment): string[] {
  const facts = (one: RunEnvironment) => ({
    ...Object.fromEntries(EXACT.map((key) => [key, String(one[key])])),
    backend: one.backend?.name ?? 'unknown',
    // Native libraries choose their code by the processor; wasm and cpu do not.
    ...(['wasm', 'cpu'].includes(one.backend?.name) ? {} : { cpu: one.cpu }),
  });
  const [old, fresh] = [facts(before), facts(now)] as Record<string, string>[];
  const keys = [...new Set([...Object.keys(old!), ...Object.keys(fresh!)])];
  return keys
    .filter((key) => old![key] !== fresh![key])
    .map((key) => `${key} ${old![key] ?? 'unknown'}, now ${fresh![key] ?? 'unknown'}`);
}

/** `env.json` of a run that is resumed: the new process, and every earlier one that differs from its successor. */
export function environmentsAfter(
  { earlier = [], ...before }: RunEnvironments,
  now: RunEnvironment,
): RunEnvironments {
  const kept = differences(before, now).length > 0 ? [...earlier, before] : earlier;
  return { ...now, ...(kept.length > 0 && { earlier: kept }) };
}

/** The versions that the numbers of a run depend on. */
export function versions(): { segloss: string; tfjs: string; node: string } {
  const { version } = createRequire(import.meta.url)('@segloss/trainer/package.json') as { version: string };
  return { segloss: version, tfjs: version_core, node: process.version };
}

/**
 * Returns the versions and the machine of this process.
 *
 * @example
 * ```ts
 * machineEnvironment().node === process.version; // → true
 * ```
 */
export function machineEnvironment(): MachineEnvironment {
  return {
    ...versions(),
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

/** Returns the environment of a run that this process trains. */
export function runEnvironment({ name, reason }: BackendChoice, command: readonly string[]): RunEnvironment {
  return { ...machineEnvironment(), backend: { name, reason }, command };
}
