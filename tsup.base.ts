import { defineConfig } from 'tsup';

/** ESM + CJS + types of one package; one home for every build option. */
export function library(entry: string[]) {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    dts: { compilerOptions: { composite: false, paths: {} } },
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
