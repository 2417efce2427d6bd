import { createRequire } from 'node:module';

import { version_core } from '@tensorflow/tfjs-core';
import { relaxedSimd, simd, threads } from 'wasm-feature-detect';

import { CANDIDATES, passedOver } from '../backend/try-backend.js';
import { tryInChild } from '../backend/try-in-child.js';
import { type BackendFacts, type BackendName } from '../backend/types.js';
import { checkKeys } from '@segloss/common';
import { machine, type Machine } from './machine.js';

/** How a backend fares on this machine. */
export interface BackendDiagnosis extends BackendFacts {
  readonly name: BackendName;
  readonly status: 'works' | 'missing' | 'broken';
  readonly reason: string;
  /** How to get it, where it does not work. */
  readonly remedy?: string;
  /** That the trial took, the start of a process included. */
  readonly seconds: number;
}

/** What {@link doctor} finds. */
export interface DoctorReport extends Machine {
  /** The versions of `@segloss/trainer`, Node and tfjs. */
  readonly versions: { readonly segloss: string; readonly node: string; readonly tfjs: string };
  /** What WebAssembly can do here: `threads` is memory that they share. */
  readonly wasm: { readonly simd: boolean; readonly relaxedSimd: boolean; readonly threads: boolean };
  /** In the order of preference. */
  readonly backends: readonly BackendDiagnosis[];
  /** What `auto` takes; undefined where nothing works. */
  readonly best: BackendName | undefined;
}

/** Options of {@link doctor}. */
export interface DoctorOptions {
  /** The backends to try. Default: all. */
  backends?: readonly BackendName[];
  /** Seconds that each may take. Default 120. */
  seconds?: number;
}

/**
 * Looks what training can run on here: tries each backend by a convolution gradient, in a process of its own, so that a native
 * library that crashes or hangs is a line of the report.
 *
 * @param options See {@link DoctorOptions}.
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If a backend is unknown or the seconds are not positive.
 *
 * @example
 * ```ts
 * const { wasm, best } = await doctor({ backends: [] }); // without the option, all are tried
 * wasm.simd; // → true
 * best; // → undefined
 * ```
 */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorReport> {
  checkKeys('doctor', options, ['backends', 'seconds']);
  const names = CANDIDATES.map(({ name }) => name);
  const { backends: wanted = names, seconds = 120 } = options;
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`doctor: wanted backends of ${names.join(', ')}, got ${JSON.stringify(unknown)}`);
  }
  if (!(seconds > 0)) throw new RangeError(`doctor: wanted seconds to be positive, got ${String(seconds)}`);

  const backends: BackendDiagnosis[] = [];
  // One after another: two native libraries at once would each find half a machine.
  for (const name of names.filter((name) => wanted.includes(name)))
    backends.push(await diagnose(name, seconds));
  return {
    versions: { segloss: ownVersion(), node: process.versions.node, tfjs: version_core },
    ...machine(),
    wasm: { simd: await simd(), relaxedSimd: await relaxedSimd(), threads: await threads() },
    backends,
    best: backends.find((one) => one.status === 'works' && passedOver(one) === undefined)?.name,
  };
}

async function diagnose(name: BackendName, limit: number): Promise<BackendDiagnosis> {
  const { works, missing, ...found } = await tryInChild(name, limit);
  return { ...found, status: works ? 'works' : missing ? 'missing' : 'broken' };
}

function ownVersion(): string {
  const { version } = createRequire(import.meta.url)('@segloss/trainer/package.json') as { version: string };
  return version;
}
