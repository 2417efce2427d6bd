import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Makes a program of a TypeScript file of the repository, from the sources of its packages.
 *
 * @param name Of the program. @param entry Path from the root. @param packages Names behind `@segloss/`. @param format `esm` or `cjs`.
 * @returns The file to run.
 */
export async function bundle({ name, entry, packages, format }) {
  const outDir = join(root, 'node_modules/.cache', name);
  const extension = format === 'esm' ? '.mjs' : '.cjs';
  await build({
    entry: { [name]: join(root, entry) },
    outDir,
    format,
    platform: 'node',
    target: 'node20',
    config: false,
    silent: true,
    dts: false,
    noExternal: [/^@segloss\//],
    external: [/^@tensorflow\//],
    outExtension: () => ({ js: extension }),
    esbuildOptions(options) {
      options.alias = Object.fromEntries(
        packages.map((one) => [`@segloss/${one}`, join(root, 'packages', one, 'src/index.ts')]),
      );
    },
  });
  return join(outDir, `${name}${extension}`);
}
