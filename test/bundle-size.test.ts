import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { buildSync } from 'esbuild';

describe('a bundle that imports diceLoss alone', () => {
  it('stays under 12 KiB gzip without tfjs-core', () => {
    const { outputFiles } = buildSync({
      stdin: { contents: `export { diceLoss } from '@segloss/losses'`, resolveDir: root },
      bundle: true,
      minify: true,
      format: 'esm',
      external: ['@tensorflow/tfjs-core'],
      write: false,
    });
    const size = gzipSync(outputFiles[0]!.contents).length;
    expect(size).toBeGreaterThan(1000); // it is really there
    expect(size).toBeLessThan(12 * 1024);
  });
});
