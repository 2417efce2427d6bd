// Writes libjpeg-turbo, compiled to wasm by others, into src/generated/ as one module that fetches and reads nothing: it runs in Node and in pages,
// whatever bundles them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';

import { build } from 'esbuild';

const PACKAGE = '@cornerstonejs/codec-libjpeg-turbo-8bit';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const generated = join(root, 'src/generated');

/** The script that starts the wasm asks for files only where it is not given their bytes. */
const withoutFiles = {
  name: 'without files',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(fs|path)$/ }, ({ path }) => ({ path, namespace: 'empty' }));
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: '' }));
  },
};

const { outputFiles, metafile } = await build({
  stdin: { contents: `export { default as start } from '${PACKAGE}/decodewasmjs'`, resolveDir: root },
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  define: {
    process: 'undefined',
    window: 'undefined',
    document: 'undefined',
    WorkerGlobalScope: 'undefined',
  },
  plugins: [withoutFiles],
  metafile: true,
  write: false,
});
const wasm = readFileSync(createRequire(import.meta.url).resolve(`${PACKAGE}/decodewasm`));
mkdirSync(generated, { recursive: true });
// Which packages are within, for the licenses.
writeFileSync(join(generated, 'metafile-libjpeg-turbo.json'), JSON.stringify(metafile));
writeFileSync(
  join(generated, 'libjpeg-turbo.ts'),
  `// @ts-nocheck: written by scripts/embed-libjpeg-turbo.mjs from ${PACKAGE}.
${outputFiles[0].text.trim()}
export const WASM_BYTES = ${wasm.length};
export const WASM_DEFLATED_BASE64 = '${deflateSync(wasm, { level: 9 }).toString('base64')}';
`,
);
