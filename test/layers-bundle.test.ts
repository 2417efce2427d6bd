import { describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { buildSync } from 'esbuild';

describe.each(['@segloss/models/layers', '@segloss/trainer/layers'])(
  'a page that imports %s alone',
  (specifier) => {
    it('registers the layers, and brings nothing of Node and none of the trainer', () => {
      const { outputFiles } = buildSync({
        stdin: { contents: `import '${specifier}'`, resolveDir: root },
        bundle: true,
        format: 'esm',
        platform: 'browser', // refuses node:fs and the like
        external: ['@tensorflow/*'],
        tsconfigRaw: '{}', // the build, not the sources
        write: false,
      });
      const code = outputFiles[0]!.text;
      expect(code).toContain('registerClass');
      expect(code).toContain('GroupNormalization');
      expect(code).not.toMatch(/node:|unet|wasm/);
    });
  },
);
