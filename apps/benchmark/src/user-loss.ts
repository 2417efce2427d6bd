import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import * as losses from '@segloss/losses';
import { parseLoss, type Loss, type LossFactory } from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';
import { createJiti } from 'jiti';

import { UsageError } from './errors.js';

/** Where a loss of the user's own came from. */
export interface LossSource {
  /** What was written: `./mine.ts#softVolume`. */
  readonly name: string;
  /** The file it was resolved to. */
  readonly path: string;
  readonly sha256: string;
}

export interface ResolvedLoss {
  readonly loss: Loss;
  readonly sources: readonly LossSource[];
}

/** A module path, with an optional `#export`, in the place of a name: `ce + 0.5*./mine.ts#softVolume`. */
const modulePattern = /[^\s+*()=,[\]#]+\.[cm]?[jt]s(?:#[\w$]+)?(?=$|[\s+*(])/g;

/**
 * Reads a spec in which a name may also be a module of the user's own.
 *
 * @param spec The grammar of `parseLoss`, where `path#export` stands for the loss that the module exports:
 *   a `LossFactory` (from `defineLoss`; options in parentheses work) or a `Loss`. Without `#export`, the
 *   default export.
 * @param folder Folder that relative paths start from.
 * @throws {UsageError} If the file or the export is missing, or the export is no loss.
 * @throws {LossSpecError} If the spec itself is wrong.
 */
export async function resolveLoss(spec: string, folder: string): Promise<ResolvedLoss> {
  const own: Record<string, LossFactory | Loss> = {};
  const sources: LossSource[] = [];
  for (const name of new Set(spec.match(modulePattern) ?? [])) {
    const [file = '', exported = 'default'] = name.split('#');
    const full = path.resolve(folder, file);
    own[name] = await loadLoss(name, full, exported);
    sources.push({ name, path: full, sha256: sha256(full) });
  }
  return { loss: parseLoss(spec, { losses: own }), sources };
}

async function loadLoss(name: string, file: string, exported: string): Promise<LossFactory | Loss> {
  if (!existsSync(file)) {
    throw new UsageError(`--loss ${name}: wanted a module, got no file at ${file}`);
  }
  // The command's own copies, so that a file in an empty folder can import both, and share the registries.
  const virtualModules = { '@segloss/losses': losses, '@tensorflow/tfjs-core': tf };
  const jiti = createJiti(file, { virtualModules, fsCache: false, interopDefault: false });
  let module: Record<string, unknown>;
  try {
    module = await jiti.import<Record<string, unknown>>(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--loss ${name}: ${file} cannot be loaded: ${reason}`, { cause: error });
  }
  const value = module[exported];
  if (value === undefined) {
    const names = Object.keys(module).join(', ') || 'none';
    throw new UsageError(`--loss ${name}: wanted an export "${exported}" in ${file}, got exports: ${names}`);
  }
  if (isLoss(value)) return value;
  throw new UsageError(
    `--loss ${name}: wanted a loss (from defineLoss, compound or parseLoss), got ${describe(value)}`,
  );
}

function isLoss(value: unknown): value is LossFactory | Loss {
  return typeof value === 'function' && ('definition' in value || 'terms' in value);
}

function describe(value: unknown): string {
  if (typeof value === 'function') return `a plain function; wrap it with defineLoss`;
  return value === null ? 'null' : `a value of type ${typeof value}`;
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
