import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vite';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Threads of wasm need an isolated page. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  base: './',
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
    rollupOptions: { input: { index: at('index.html') } },
    // The pages of the site say what is large; the budget of the first load has a test.
    chunkSizeWarningLimit: 4000,
  },
  server: { headers: isolation },
  preview: { headers: isolation },
});
