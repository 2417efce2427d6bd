import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from '@segloss/testing';
import { buildSync } from 'esbuild';

const require = createRequire(join(root, 'package.json'));

/** Folder of tfjs's wasm files. */
export const wasmPaths = `${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`;

/** A program of ../checks and all that it imports as one script, with our packages as sources or as built. */
export function bundle(
  entry: 'in-node' | 'in-page' | 'losses-in-page',
  packages: 'sources' | 'built',
): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, `packages/kernels/test/checks/${entry}.ts`)],
    bundle: true,
    write: false,
    target: 'es2022',
    logLevel: 'error',
    ...(entry === 'in-node' ? { platform: 'node', format: 'cjs' } : { platform: 'browser', format: 'esm' }),
    // Its paths lead to the sources; without them the packages resolve as for a user.
    ...(packages === 'sources' ? { tsconfig: join(root, 'tsconfig.json') } : { tsconfigRaw: {} }),
  });
  return outputFiles[0]!.text;
}
