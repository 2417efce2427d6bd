import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { docCommentBlocks, markdownBlocks, runExample } from '../src/index.js';

const run = (code: string): Promise<number> =>
  runExample(code, { tf, double: (x: number) => 2 * x }, (name) => ({ default: name, tf, half: 0.5 }));

describe('finding blocks', () => {
  it('gives the blocks of a page with their lines', () => {
    const text = ['# Title', '```ts', 'a;', 'b;', '```', '', '  ```sh no-run', '  x', '  ```'].join('\n');
    expect(markdownBlocks(text)).toEqual([
      { info: 'ts', line: 3, code: 'a;\nb;' },
      { info: 'sh no-run', line: 8, code: 'x' },
    ]);
  });

  it('gives the blocks of doc comments, not those in strings', () => {
    const source = [
      'const s = "/** ```ts */";',
      '/**',
      ' * What it does.',
      ' *',
      ' * @example',
      ' * ```ts',
      ' * double(2); // → 4',
      ' * ```',
      ' */',
      'export function double() {}',
    ].join('\n');
    expect(docCommentBlocks(source)).toEqual([{ info: 'ts', line: 7, code: 'double(2); // → 4' }]);
  });
});

describe('running examples', () => {
  it.each([
    ['double(2); // → 4'],
    ['const x = 1 / 3; // → 0.333'],
    ['tf.tensor1d([1, 2]); // → [1, 2]'],
    ['tf.scalar(0.1); // → 0.1, a scalar'],
    ["'a' + 'b'; // → 'ab'"],
    ["'abc'; // → 'ab…'"],
    ['({ a: [1, true], b: undefined }); // → { a: [1, true] }'],
    ['({ a: 1, b: 2 }); // → { a: 1, … }'],
    ['[1, 2, 3]; // → [1, 2, …]'],
    ['new Float32Array(2); // → Float32Array(2) [0, 0]'],
    ['0 / 0; // → NaN'],
    ['await Promise.resolve(-2.5); // → -2.5'],
    ["import { half } from 'x';\nhalf; // → 0.5"],
    ['const double = 3;\ndouble; // → 3'],
    ["JSON.parse('{'); // → throws SyntaxError"],
    ['for (const x of [1, 1]) {\n  x; // → 1\n}'],
    ['[[1, 2], [3, 4]]; // → [[1, 2],\n//  [3, 4]]'],
    ['console.log(double(4)); // → 8'],
  ])('accepts %j', async (code) => {
    expect(await run(code)).toBe(1);
  });

  it.each([
    ['double(2); // → 5', 'line 1: value: the example shows 5, got 4'],
    ['1 / 3; // → 0.334', 'line 1: value: the example shows 0.334, got 0.3333333333333333'],
    ['0.6; // → 1', 'the example shows 1, got 0.6'],
    ['tf.tensor1d([1, 2]); // → [1, 3]', '[1]: the example shows 3, got 2'],
    ["'a'; // → 'b'", 'the example shows "b", got "a"'],
    ['({ a: 1, b: 2 }); // → { a: 1 }', 'no key "b"'],
    ['[1, 2]; // → [1]', '1 items'],
    ['double(1); // → throws RangeError', 'got no error'],
    ["JSON.parse('{'); // → throws RangeError", 'the example throws RangeError, got SyntaxError'],
    ['double(2); // → four', 'wanted a value'],
    ['double(2); // → 4 apples', 'wanted the end'],
    ['// → 4\ndouble(2);', 'the arrow on line 1 is not behind an expression'],
  ])('refuses %j', async (code, message) => {
    await expect(run(code)).rejects.toThrow(message);
  });
});
