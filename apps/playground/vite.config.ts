import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
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

/** The service worker `sw.js`, with the names of all files and a hash of what they hold. */
function offline(): Plugin {
  return {
    name: 'offline',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const shared = at('public');
      const contents = new Map<string, string | Uint8Array>([
        ...Object.values(bundle).map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source] as const), // prettier-ignore
        ...readdirSync(shared).map((name) => [name, readFileSync(join(shared, name))] as const),
      ]);
      const hash = createHash('sha256');
      for (const [name, content] of [...contents].sort(([a], [b]) => (a < b ? -1 : 1)))
        hash.update(name).update(content);
      const { outputFiles } = await build({
        entryPoints: [at('src/offline/service-worker.ts')],
        bundle: true,
        minify: true,
        format: 'iife',
        define: {
          FILES: JSON.stringify(['./', ...[...contents.keys()].sort().map((name) => `./${name}`)]),
          VERSION: JSON.stringify(hash.digest('hex').slice(0, 12)),
        },
        write: false,
      });
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: outputFiles[0]!.text });
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [tfjsFiles(), offline()],
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
