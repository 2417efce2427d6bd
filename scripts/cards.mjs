// Measures every registered loss for docs/bias: npm run cards [-- FOLDER]
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outDir = join(root, 'node_modules/.cache/cards');
const sources = Object.fromEntries(
  readdirSync(join(root, 'packages')).map((name) => [
    `@segloss/${name}`,
    join(root, 'packages', name, 'src/index.ts'),
  ]),
);

await build({
  entry: { cards: join(root, 'apps/benchmark/src/card/write-docs.ts') },
  outDir,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  config: false,
  silent: true,
  dts: false,
  noExternal: [/^@segloss\//],
  external: [/^@tensorflow\//],
  outExtension: () => ({ js: '.mjs' }),
  esbuildOptions(options) {
    options.alias = sources;
  },
});

await import(pathToFileURL(join(outDir, 'cards.mjs')).href);
