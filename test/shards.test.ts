import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root, shard, shardOf } from '@segloss/testing';
import { filesBelow } from './workspaces.js';

const files = ['packages', 'apps', 'test'].flatMap((folder) => filesBelow(join(root, folder), '.test.ts'));
const parts = files.map((path) => ({ path, ...shardOf(path) })).filter((file) => 'part' in file);
const names = [...new Set(parts.map(({ name }) => name as string))];

/** What is wrong with the files that share a name; undefined where every part is there and all are alike. */
function problemOf(name: string): string | undefined {
  const siblings = parts.filter((file) => file.name === name);
  const count = siblings[0]?.parts ?? 0;
  const found = siblings.map((file) => `${file.part}of${file.parts}`).sort();
  const wanted = Array.from({ length: count }, (_, index) => `${index + 1}of${count}`).sort();
  const texts = new Set(siblings.map(({ path }) => readFileSync(path, 'utf8')));
  if (found.join() !== wanted.join()) return `${relative(root, name)}: wanted parts ${wanted}, got ${found}`;
  if (texts.size > 1) return `${relative(root, name)}: the parts differ; they should be alike`;
  if (![...texts][0]!.includes('shard(__filename)'))
    return `${relative(root, name)}: calls no shard(__filename)`;
  return undefined;
}

describe('a test file in parts', () => {
  it('has siblings for every part, all alike', () => {
    expect(names.map(problemOf).filter(Boolean)).toEqual([]);
  });

  it.each([1, 2, 5])('takes each case in exactly one of %d parts', (count) => {
    const cases = Array.from({ length: 13 }, (_, index) => index);
    const taken = Array.from({ length: count }, (_, n) => shard(`/x/a.${n + 1}of${count}.test.ts`)(cases));
    expect(taken.flat().sort((a, b) => a - b)).toEqual(cases);
    const sizes = taken.map((part) => part.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it.each(['a.test.ts', 'a.0of2.test.ts', 'a.3of2.test.ts'])('refuses the name %s', (file) => {
    expect(() => shard(file)).toThrow(
      `shard: wanted a file name with its part, such as "contract.1of4.test.ts", got "${file}"`,
    );
  });
});
