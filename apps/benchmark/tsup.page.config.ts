import { defineConfig } from 'tsup';

/** The script of the pages that `segloss export --page` writes: everything in one file. */
export default defineConfig({
  entry: { 'export-page': 'src/export-page/main.ts' },
  format: 'iife',
  platform: 'browser',
  noExternal: [/.*/],
  loader: { '.wasm': 'dataurl' },
  target: 'es2022',
  minify: true,
  metafile: true, // tells what is bundled, for the licenses
});
