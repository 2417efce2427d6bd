import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { filesBelow } from './workspaces.js';

/** Formulas as the site shows them, without the outermost elements; or the message of the error. */
function typeset(formulas: readonly string[]): string[] {
  const program = `import { mathml } from ${JSON.stringify(join(root, 'docs/.vitepress/formula.mjs'))};
    const one = (text) => { try { return mathml(text); } catch (error) { return error.name + ': ' + error.message; } };
    console.log(JSON.stringify(JSON.parse(process.argv[1]).map(one)));`;
  const args = ['--input-type=module', '--eval', program, JSON.stringify(formulas)];
  const found = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as string[];
  return found.map((text) => text.replace(/^<math[^>]*><mrow>|<\/mrow><\/math>$/g, ''));
}

describe('formulas of the site', () => {
  it('are MathML: fractions, sums, indices, powers', () => {
    const [x, n] = ['<mi>x</mi>', '<mi>n</mi>'];
    const expected = {
      'x / n': `<mfrac><mrow>${x}</mrow><mrow>${n}</mrow></mfrac>`,
      '1 - (x + n) / x': `<mn>1</mn><mo>−</mo><mfrac><mrow>${x}<mo>+</mo>${n}</mrow><mrow>${x}</mrow></mfrac>`,
      '(1/n) x': `<mfrac><mrow><mn>1</mn></mrow><mrow>${n}</mrow></mfrac>${x}`,
      // A sum over k of shares: the sum stands before the line.
      'Σ_k x / n': `<munder><mo>∑</mo><mi>k</mi></munder><mfrac><mrow>${x}</mrow><mrow>${n}</mrow></mfrac>`,
      // A share of two sums.
      'Σ x / Σ n': `<mfrac><mrow><mo>∑</mo>${x}</mrow><mrow><mo>∑</mo>${n}</mrow></mfrac>`,
      'x_ik²': `<msubsup>${x}<mrow><mi>i</mi><mi>k</mi></mrow><mn>2</mn></msubsup>`,
      'x^(-n)': `<msup>${x}<mrow><mo>−</mo>${n}</mrow></msup>`,
      '√(x)': `<msqrt>${x}</msqrt>`,
    };
    expect(typeset(Object.keys(expected))).toEqual(Object.values(expected));
  });

  it('are refused where they cannot be read, so that no page shows half of one', () => {
    expect(typeset(['x § y', '(x', 'x)', 'x_', 'x /'])).toEqual([
      'RangeError: formula: "§" is not known, in "x § y"',
      'RangeError: formula: wanted ")" in "(x"',
      'RangeError: formula: ")" closes nothing in "x)"',
      'RangeError: formula: nothing follows "_" or "^" in "x_"',
      'RangeError: formula: nothing follows "/" in "x /"',
    ]);
  });

  it('of all losses can be read', () => {
    const pages = [...filesBelow(join(root, 'docs/losses'), '.md'), join(root, 'docs/theory.md')];
    const formulas = pages.flatMap(
      (path) =>
      [...readFileSync(path, 'utf8').replace(/^```[^]*?^```/gm, '').matchAll(/^ {4}(\S.*)$/gm)].map(([, text]) => text!), // prettier-ignore
    );
    expect(formulas.length).toBeGreaterThan(50);
    expect(typeset(formulas).filter((text) => text.startsWith('RangeError'))).toEqual([]);
  });
});
