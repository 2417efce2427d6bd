import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { root } from './root.js';

const require = createRequire(join(root, 'package.json'));

/** A tfjs backend that a test can run on. */
export interface TestBackend {
  readonly name: 'cpu' | 'wasm';
  /** Why it cannot be had on this machine. */
  readonly missing?: string;
  /** Makes it the backend of tfjs-core; throws where it does not start. */
  use(): Promise<void>;
}

function whyMissing(packageName: string): { missing?: string } {
  try {
    require.resolve(packageName);
    return {};
  } catch {
    return { missing: `${packageName} is not installed` };
  }
}

async function setBackend(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`setBackend: the backend ${name} did not start`);
  await tf.ready();
}

/** Every backend that the packages are tested on. */
export const backends: readonly TestBackend[] = [
  {
    name: 'cpu',
    use: () => setBackend('cpu'),
  },
  {
    name: 'wasm',
    ...(!('WebAssembly' in globalThis)
      ? { missing: 'this Node has no WebAssembly' }
      : whyMissing('@tensorflow/tfjs-backend-wasm')),
    async use() {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
      await setBackend('wasm');
    },
  },
];

/**
 * Runs a group of tests once per backend; a missing backend shows up as a skipped group with its reason.
 *
 *     describeEachBackend('dice', (backend) => { it('...', () => { ... }); });
 */
export function describeEachBackend(name: string, tests: (backend: TestBackend) => void): void {
  for (const backend of backends) {
    if (backend.missing !== undefined) {
      describe.skip(`${name} on ${backend.name} (skipped: ${backend.missing})`, () => tests(backend));
      continue;
    }
    describe(`${name} on ${backend.name}`, () => {
      let before: string;
      beforeAll(async () => {
        before = tf.getBackend() || 'cpu';
        await backend.use();
      });
      afterAll(() => setBackend(before));
      tests(backend);
    });
  }
}
