import { expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { buildSync } from 'esbuild';

it('segloss/analyze needs nothing of Node', () => {
  const { outputFiles } = buildSync({
    stdin: { contents: "export * from './apps/benchmark/src/analyze.ts'", resolveDir: root },
    bundle: true,
    format: 'esm',
    platform: 'browser', // refuses node:fs and the like
    tsconfig: `${root}/tsconfig.json`, // the sources, not the build
    write: false,
  });
  expect(outputFiles[0]!.text).toContain('analyzeFiles');
});
