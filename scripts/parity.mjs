// Compares segloss with the values of other libraries: npm run parity -- FOLDER
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outDir = join(root, 'node_modules/.cache/parity');

await build({
  entry: { parity: join(root, 'packages/losses/test/parity/main.ts') },
  outDir,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  config: false,
  silent: true,
  dts: false,
  noExternal: [/^@segloss\//],
  external: [/^@tensorflow\//],
  outExtension: () => ({ js: '.cjs' }),
  esbuildOptions(options) {
    options.alias = { '@segloss/losses': join(root, 'packages/losses/src/index.ts') };
  },
});

const { status } = spawnSync(process.execPath, [join(outDir, 'parity.cjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
