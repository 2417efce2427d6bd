import * as losses from '@segloss/losses';
import { parseLoss, type Loss, type LossFactory } from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';

import { modulesIn } from '../config/modules.js';
import { loadModule } from './load-module.js';
import { ModuleError } from './module-error.js';
import { type ModuleSource } from './module-source.js';

/** A loss, and the modules of the user's own that it came from. */
export interface ResolvedLoss {
  readonly loss: Loss;
  readonly sources: readonly ModuleSource[];
}

/**
 * Reads a loss spec in which a name may also be a module of the user's own: `ce + 0.5*./mine.ts#softVolume`.
 *
 * @param spec The grammar of `parseLoss`, where `path#export` stands for the loss that the module exports: a `LossFactory`
 *   (from `defineLoss`; options in parentheses work) or a `Loss`. Without `#export`, the default export.
 * @param folder Where relative paths start from.
 * @throws {ModuleError} If the file or the export is missing, or the export is no loss.
 * @throws {LossSpecError} If the spec itself is wrong.
 *
 * @example
 * ```ts
 * const { loss, sources } = await resolveLoss('ce + 0.5*dice', '.');
 * loss.spec; // → "ce + 0.5*dice"
 * sources.length; // → 0
 * ```
 */
export async function resolveLoss(spec: string, folder: string): Promise<ResolvedLoss> {
  const own: Record<string, LossFactory | Loss> = {};
  const sources: ModuleSource[] = [];
  // The trainer's own copies, so that a file in an empty folder can import both, and share the registries.
  const shared = { '@segloss/losses': losses, '@tensorflow/tfjs-core': tf };
  for (const name of new Set(modulesIn(spec))) {
    const { value, source } = await loadModule(name, folder, shared);
    if (!isLoss(value)) {
      throw new ModuleError(
        `${name}: wanted a loss (from defineLoss, compound or parseLoss), got ${describe(value)}`,
      );
    }
    own[name] = value;
    sources.push(source);
  }
  return { loss: parseLoss(spec, { losses: own }), sources };
}

function isLoss(value: unknown): value is LossFactory | Loss {
  return typeof value === 'function' && ('definition' in value || 'terms' in value);
}

function describe(value: unknown): string {
  if (typeof value === 'function') return `a plain function; wrap it with defineLoss`;
  return value === null ? 'null' : `a value of type ${typeof value}`;
}
