import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { defineConfig, type Plugin } from 'vite';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Threads of wasm need an isolated page. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The wasm files of tfjs, next to the page. */
function tfjsFiles(): Plugin {
  const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  return {
    name: 'tfjs-files',
    generateBundle() {
      for (const name of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm']) {
        this.emitFile({ type: 'asset', fileName: `tfjs/${name}`, source: readFileSync(join(folder, name)) });
      }
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [tfjsFiles()],
  // The packages from their sources: what the page runs is what is in the repository.
  resolve: {
    alias: [
      { find: /^segloss\/analyze$/, replacement: at('../benchmark/src/analyze.ts') },
      { find: /^segloss\/card$/, replacement: at('../benchmark/src/card.ts') },
      { find: /^@segloss\/([a-z]+)\/([a-z-]+)$/, replacement: at('../../packages/$1/src/$2.ts') },
      { find: /^@segloss\/([a-z]+)$/, replacement: at('../../packages/$1/src/index.ts') },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: at('index.html'), widgets: at('src/widgets.ts') },
      output: {
        entryFileNames: ({ name }) => (name === 'widgets' ? 'widgets.js' : 'assets/[name]-[hash].js'),
      },
    },
    // The pages of the site say what is large; the budget of the first load has a test.
    chunkSizeWarningLimit: 4000,
  },
  server: { headers: isolation },
  preview: { headers: isolation },
});
