import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { lossNames } from '@segloss/losses';
import { root, type Part } from '@segloss/testing';
import { setBackend } from '@tensorflow/tfjs-core';

import { documentedLoss } from '../apps/benchmark/src/card/docs';
import { biasCardInputs } from '../tools/docs/bias-cards';
import { inputHash, writtenHashes } from '../tools/docs/input-hash';

const folder = join(root, 'docs/bias');
const page = readFileSync(join(folder, 'README.md'), 'utf8');
const rowOf = (name: string) => page.split('\n').find((line) => line.startsWith(`| [\`${name}\`]`));

const NUMBER = /-?\d+(?:\.\d+)?/g;

/** Where two texts differ: in a word, or in a number by more than 2 % and `slack`. */
function difference(written: string, measured: string, slack: number): string | undefined {
  if (written.replace(NUMBER, '#') !== measured.replace(NUMBER, '#')) return `${written}\n${measured}`;
  const [a, b] = [written, measured].map((text) => (text.match(NUMBER) ?? []).map(Number));
  const index = a!.findIndex((value, i) => Math.abs(value - b![i]!) > slack + 0.02 * Math.abs(value));
  return index === -1 ? undefined : `number ${index}: ${a![index]} is written, ${b![index]} is measured`;
}

const hash = inputHash(biasCardInputs);
const unchanged = writtenHashes()['bias'] === hash;

/** All of this part; if nothing that decides about them has changed since they were written, one that the hash chooses. */
function measuredNames(part: Part): string[] {
  const names = part(lossNames());
  return unchanged ? [names[Number.parseInt(hash, 16) % names.length]!] : names;
}

/** The cases of a part; each file beside this one runs one. */
export function biasCards(part: Part): void {
  describe('docs/bias', () => {
    beforeAll(() => setBackend('cpu'));

    it('has a row and a small drawing for every loss, and no other', () => {
      const drawings = readdirSync(folder).filter((name) => name !== 'README.md');
      expect(drawings.sort()).toEqual(lossNames().map((name) => `${name}.svg`).sort()); // prettier-ignore
      expect(lossNames().filter((name) => rowOf(name) === undefined)).toEqual([]);
      expect(page.match(/^\| \[/gm)).toHaveLength(lossNames().length);
      for (const name of drawings) expect(statSync(join(folder, name)).size).toBeLessThan(15_000);
    });

    it.each(measuredNames(part))(
      'says of %s what is measured now; else run npm run docs:generate',
      async (name) => {
        const { row, svg } = await documentedLoss(name);
        expect(difference(rowOf(name)!, row, 0.02)).toBeUndefined();
        expect(difference(readFileSync(join(folder, `${name}.svg`), 'utf8'), svg, 0.5)).toBeUndefined(); // pixels
      },
    );

    it('would see another number, and another word', () => {
      expect(difference('p = 1.20 px', 'p = 1.25 px', 0.02)).toMatch(/1.2 is written, 1.25 is measured/);
      expect(difference('p = 1.20 px', 'p = 1.21 px', 0.02)).toBeUndefined();
      expect(difference('keeps 1', 'adds 1', 0.5)).toMatch('keeps');
    });
  });
}
