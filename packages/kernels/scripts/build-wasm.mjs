// Compiles assembly/ to wasm and writes the bytes as base64 into src/generated/, so that nothing is fetched at run time.
// What the kernels know of the statistics is written first, from the table of @segloss/losses.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { writeStatistics } from './statistics.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const compiler = join(
  dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')),
  'bin/asc.js',
);

/** The compiled module; `relaxed` with multiply-adds of relaxed SIMD, where a runtime has them. */
export function compileKernels({ relaxed = false } = {}) {
  writeStatistics();
  const folder = mkdtempSync(join(tmpdir(), 'segloss-kernels-'));
  try {
    const out = join(folder, 'kernels.wasm');
    const flags = [
      '-O3',
      '--converge',
      '--noAssert',
      '--enable',
      'simd',
      ...(relaxed ? ['--enable', 'relaxed-simd'] : []),
      '--importMemory',
      '--maximumMemory',
      '65536', // pages, all there are: with a maximum it can be declared shared (src/wasm/memory/shared-memory.ts)
      '--runtime',
      'stub',
    ];
    execFileSync(process.execPath, [compiler, 'assembly/index.ts', ...flags, '--outFile', out], {
      cwd: root,
    });
    const bytes = readFileSync(out);
    // Static data would be written over what tfjs keeps in the memory.
    if (sectionsOf(bytes).includes(DATA))
      throw new Error(
        'build-wasm: wanted no static data; a table, a text or a function of Math that has tables brings it',
      );
    return bytes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const DATA = 11;

/** The ids of the sections of a module. */
function sectionsOf(bytes) {
  const ids = [];
  let at = 8;
  while (at < bytes.length) {
    ids.push(bytes[at++]);
    let [size, shift] = [0, 0];
    do {
      size += (bytes[at] & 127) << shift;
      shift += 7;
    } while (bytes[at++] & 128);
    at += size;
  }
  return ids;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = join(root, 'src/generated');
  mkdirSync(folder, { recursive: true });
  for (const relaxed of [false, true]) {
    const base64 = compileKernels({ relaxed }).toString('base64');
    writeFileSync(
      join(folder, `${relaxed ? 'kernels-relaxed' : 'kernels'}.ts`),
      `// Written by scripts/build-wasm.mjs from assembly/.\n` +
        `export const ${relaxed ? 'RELAXED_' : ''}KERNELS_BASE64 =\n  '${base64}';\n`,
    );
  }
}
