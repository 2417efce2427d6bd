import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Makes a program of a TypeScript file of the repository, from the sources of its packages; packages of others stay imports.
 *
 * @param name Of the program. @param entry Path from the root. @param format `esm` or `cjs`.
 * @returns The file to run.
 */
export async function bundle({ name, entry, format }) {
  const outfile = join(root, 'node_modules/.cache', name, `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`);
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    format,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    plugins: [sourcesOfPackages],
    tsconfigRaw: '{}',
    logLevel: 'error',
  });
  return outfile;
}

/** Resolves `@segloss/name` and `@segloss/name/part` to the source. */
const sourcesOfPackages = {
  name: 'sources of packages',
  setup({ onResolve }) {
    onResolve({ filter: /^@segloss\// }, ({ path }) => {
      const [, name, part = 'index'] = path.split('/');
      const source = join(root, 'packages', name, 'src', part);
      const found = [`${source}.ts`, join(source, 'index.ts')].find((file) => existsSync(file));
      return found === undefined ? { errors: [{ text: `no source of ${path}` }] } : { path: found };
    });
  },
};
