import { describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';

import { run } from './packed.js';

describe('the generated pages', () => {
  it('are what `npm run docs:generate` writes', () => {
    expect(run(process.execPath, ['tools/docs/generate.mjs', '--check'], root)).toEqual({
      code: 0,
      output: '',
    });
  });
});
