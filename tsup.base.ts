import { defineConfig } from 'tsup';

/** ESM + CJS + types of one package; one home for every build option. */
export function library(entry: string[] | Record<string, string>) {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    // Private packages of ours are bundled, types too.
    dts: {
      compilerOptions: {
        composite: false,
        paths: {
          '@segloss/common': ['../common/src/index.ts'],
          '@segloss/geometry': ['../geometry/src/index.ts'],
        },
      },
    },
    noExternal: ['@segloss/common', '@segloss/geometry'],
    platform: 'neutral',
    external: [/^node:/],
    target: 'es2022',
    sourcemap: true,
    clean: true,
    treeshake: true,
    splitting: true,
    shims: true,
  });
}
