import { backend } from '@tensorflow/tfjs-core';

import { firstLine, importOptional, MissingPackageError } from './packages.js';
import { type Candidate } from './types.js';

const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** What we use of the backend's private side. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

let loaded: string | undefined;

export const tensorflow: Candidate = {
  name: 'tensorflow',
  remedy:
    'npm install @tensorflow/tfjs-node (or @tensorflow/tfjs-node-gpu); where that fails: npx segloss setup-native',

  async load() {
    await restoreRemovedFunctions();
    const reasons: string[] = [];
    for (const name of PACKAGES) {
      try {
        await importOptional(name);
        loaded = name;
        return;
      } catch (error) {
        if (!(error instanceof MissingPackageError)) reasons.push(firstLine((error as Error).message));
      }
    }
    if (reasons.length === 0) throw new MissingPackageError('@tensorflow/tfjs-node is not installed');
    throw new Error(reasons.join('; '));
  },

  merit() {
    const { isUsingGpuDevice: gpu, binding } = backend() as unknown as NodeBackend;
    const version = binding.TF_Version;
    const facts = { version, gpu, package: loaded! };
    return {
      reason: `native TensorFlow ${version} on the ${gpu ? 'GPU' : 'processor'} (${loaded!})`,
      tensorflow: facts,
    };
  },
};

/** tfjs-node 4.22 calls two functions that Node 23 removed. */
async function restoreRemovedFunctions(): Promise<void> {
  const util = (await import('node:util')).default as unknown as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
