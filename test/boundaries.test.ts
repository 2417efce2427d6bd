import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { importedPackages, readPackage, workspaces } from './workspaces.js';

const arrows = JSON.parse(readFileSync(join(root, 'arrows.json'), 'utf8')) as Record<string, string[]>;
const folders = Object.keys(arrows);
const nameOf = (folder: string): string => folder.split('/')[1] as string;
const names = folders.map(nameOf);
/** An arrow may point to a part of a package: `data/samples`. */
const packageIn = (arrow: string): string => arrow.split('/')[0] as string;

const specifiers = [
  ...names.flatMap((name) => [`@segloss/${name}`, `@segloss/${name}/part`]),
  ...new Set(
    Object.values(arrows)
      .flat()
      .map((arrow) => `@segloss/${arrow}`),
  ),
  '@segloss/testing',
  '../../losses/src/index.js',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-core/dist/ops',
  '@tensorflow/tfjs-layers',
  './neighbor.js',
  'node:fs',
];
const errors = new Map<string, string[]>();
const importErrors = (folder: string, specifier: string): string[] | undefined =>
  errors.get(`${folder} ${specifier}`);
const forbidden = ['no-restricted-imports'];

beforeAll(() => {
  const places = [...folders, 'packages/trainer/src/loop'];
  const pairs = places.flatMap((folder) => specifiers.map((specifier) => [folder, specifier]));
  const output = execFileSync(process.execPath, [join(root, 'test/lint-imports.mjs')], {
    cwd: root,
    input: JSON.stringify(pairs),
    encoding: 'utf8',
  });
  const found = JSON.parse(output) as string[][];
  pairs.forEach((pair, i) => errors.set(pair.join(' '), found[i] as string[]));
});

describe('the arrows between packages', () => {
  it('are stated for every package that is not for tests only', () => {
    const published = workspaces().filter((folder) => folder !== 'packages/testing');
    expect([...folders].sort()).toEqual(published.sort());
  });

  it('have no circle', () => {
    const follow = (name: string, seen: string[]): void => {
      expect(seen).not.toContain(name);
      const folder = folders.find((candidate) => nameOf(candidate) === name) as string;
      for (const next of arrows[folder] as string[]) follow(packageIn(next), [...seen, name]);
    };
    for (const name of names) follow(name, []);
  });

  describe.each(folders)('from %s', (folder) => {
    const allowed = arrows[folder] as string[];

    it.each(names.filter((name) => name !== nameOf(folder)))('lint decides about @segloss/%s', (name) => {
      const expected = allowed.includes(name) ? [] : forbidden;
      expect(importErrors(folder, `@segloss/${name}`)).toEqual(expected);
      expect(importErrors(folder, `@segloss/${name}/part`)).toEqual(expected);
    });

    it('lint permits every arrow', () => {
      for (const arrow of allowed)
        expect([arrow, importErrors(folder, `@segloss/${arrow}`)]).toEqual([arrow, []]);
    });

    it('lint forbids another package by its path, and the test helpers', () => {
      expect(importErrors(folder, '../../losses/src/index.js')).toEqual(forbidden);
      expect(importErrors(folder, '@segloss/testing')).toEqual(forbidden);
    });

    it('lint permits a neighbor', () => {
      expect(importErrors(folder, './neighbor.js')).toEqual([]);
    });

    it('lint forbids the inside of a tfjs package', () => {
      expect(importErrors(folder, '@tensorflow/tfjs-core/dist/ops')).toContain('no-restricted-imports');
    });

    it('dependencies obey the same table', () => {
      const { dependencies = {}, peerDependencies = {} } = readPackage(folder);
      const ours = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) =>
        name.startsWith('@segloss/'),
      );
      expect(allowed.map((arrow) => `@segloss/${packageIn(arrow)}`)).toEqual(expect.arrayContaining(ours));
    });

    it('package.json names every package that the sources import', () => {
      // What is bundled into dist is a devDependency; the packaging test looks at what dist still imports.
      const { name, dependencies, peerDependencies, devDependencies } = readPackage(folder);
      const declared = [name, ...Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies })];
      expect(declared).toEqual(expect.arrayContaining(importedPackages(join(root, folder, 'src'))));
    });
  });
});

it.each([
  ['packages/losses', forbidden],
  ['packages/bias', forbidden],
  ['packages/metrics', forbidden],
  ['packages/charts', forbidden],
  ['packages/models', forbidden],
  ['packages/data', []],
  ['packages/trainer', []],
])('lint decides whether %s may import from Node', (folder, expected) => {
  expect(importErrors(folder, 'node:fs')).toEqual(expected);
});

describe('tfjs', () => {
  it.each(['packages/losses', 'packages/bias'])('%s may import its core only', (folder) => {
    expect(importErrors(folder, '@tensorflow/tfjs-core')).toEqual([]);
    expect(importErrors(folder, '@tensorflow/tfjs-layers')).toEqual(forbidden);
  });

  it.each(['packages/metrics', 'packages/data', 'packages/charts'])('%s may not import it', (folder) => {
    expect(importErrors(folder, '@tensorflow/tfjs-core')).toEqual(forbidden);
  });
});

describe('the training loop', () => {
  const loop = 'packages/trainer/src/loop';

  it('may import the samples of the data package, and not its readers', () => {
    expect(importErrors(loop, '@segloss/data/samples')).toEqual([]);
    expect(importErrors(loop, '@segloss/data')).toEqual(forbidden);
  });

  it('may not import from Node', () => {
    expect(importErrors(loop, 'node:fs')).toEqual(forbidden);
  });
});
