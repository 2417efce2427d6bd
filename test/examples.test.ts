import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { docCommentBlocks, markdownBlocks, root, runExample, type CodeBlock } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { publicExports } from './public-exports.js';
import { filesBelow, publicWorkspaces, readPackage } from './workspaces.js';

const load = (name: string): unknown => jest.requireActual(name);

const isTypeScript = ({ info }: CodeBlock): boolean => info === 'ts' || info.startsWith('ts ');

function tests(path: string, find: (text: string) => CodeBlock[]): [string, CodeBlock][] {
  return find(readFileSync(path, 'utf8'))
    .filter(isTypeScript)
    .map((block) => [`${relative(root, path)}:${block.line}`, block]);
}

beforeEach(async () => {
  await tf.setBackend('cpu');
});

/** What an example in a file may use without importing it: the package's exports and the file's own. */
function scopeOf(folder: string, path: string): Record<string, unknown> {
  const { name, exports = {} } = readPackage(folder);
  const entries = Object.keys(exports).filter((key) => !key.endsWith('.json'));
  const modules = entries.map((key) => load(name + key.slice(1)) as object);
  const own = path.endsWith('.ts') ? (load(path) as object) : {};
  return Object.assign({ tf }, ...modules, own) as Record<string, unknown>;
}

describe.each(publicWorkspaces())('examples of %s', (folder) => {
  const pages = filesBelow(join(root, folder), 'README.md').filter(
    (path) => dirname(path) === join(root, folder),
  );
  const found = [
    ...filesBelow(join(root, folder, 'src'), '.ts').map((path) => [path, docCommentBlocks] as const),
    ...pages.map((path) => [path, markdownBlocks] as const),
  ].flatMap(([path, find]) => tests(path, find).map(([name, block]) => [name, path, block] as const));

  it('exist', () => {
    expect(found.length).toBeGreaterThan(0);
  });

  for (const [name, path, { code }] of found) {
    it(`${name} shows true values`, async () => {
      await runExample(code, scopeOf(folder, path), load);
    });
  }
});

describe('pages', () => {
  const pages = [
    join(root, 'README.md'),
    join(root, 'CONTRIBUTING.md'),
    ...filesBelow(join(root, 'docs'), '.md'),
  ];

  it.each(pages.flatMap((path) => tests(path, markdownBlocks)))('%s runs', async (_name, { code }) => {
    await runExample(code, { tf }, load);
  });
});

describe('every exported function and class', () => {
  const exported = publicExports(publicWorkspaces());

  it.each(publicWorkspaces())('of %s has a doc comment with an example that shows a value', (folder) => {
    const missing = (exported.get(folder) ?? [])
      .filter(({ documentation, example }) => documentation === '' || !/\/\/\s*→/.test(example))
      .map(({ name }) => name);
    expect(missing).toEqual([]);
  });
});
