import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { buildSync } from 'esbuild';

describe('@segloss/data/samples', () => {
  /** What a page gets that imports an entry point of this package. */
  const bundle = (entry: string) =>
    buildSync({
      entryPoints: [join(root, 'packages/data/src', entry)],
      bundle: true,
      format: 'esm',
      platform: 'browser', // refuses node:fs and the like
      tsconfigRaw: '{}',
      metafile: true,
      write: false,
      logLevel: 'silent',
    });

  it('bundles for a page: nothing of Node, none of the readers', () => {
    const { outputFiles, metafile } = bundle('samples.ts');
    expect(outputFiles[0]!.text).toContain('syntheticDataset');
    const files = Object.keys(metafile.inputs);
    expect(files.filter((file) => /node:|\/(read|formats|layouts|loader|check)\//.test(file))).toEqual([]);
  });

  it('is needed: the package itself reads files and cannot be bundled for a page', () => {
    expect(() => bundle('index.ts')).toThrow(/node:/);
  });
});
