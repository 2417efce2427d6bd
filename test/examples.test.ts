import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { docCommentBlocks, root, runExample, type CodeBlock } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { publicExports } from './public-exports.js';
import { filesBelow, publicWorkspaces, readPackage } from './workspaces.js';

const load = (name: string): unknown => jest.requireActual(name);

beforeEach(async () => {
  await tf.setBackend('cpu');
});

function docExamples(path: string): { name: string; block: CodeBlock }[] {
  return docCommentBlocks(readFileSync(path, 'utf8'))
    .filter(({ info }) => info === 'ts')
    .map((block) => ({ name: `${relative(root, path)}:${block.line}`, block }));
}

/** What an example in a file may use without importing it: the package's exports and the file's own. */
function scopeOf(folder: string, path: string): Record<string, unknown> {
  const { name, exports = {} } = readPackage(folder);
  const entries = Object.keys(exports).filter((key) => !key.endsWith('.json'));
  const modules = entries.map((key) => load(name + key.slice(1)) as object);
  const own = load(path) as object;
  return Object.assign({ tf }, ...modules, own) as Record<string, unknown>;
}

describe.each([...publicWorkspaces(), 'packages/common'])('examples of %s', (folder) => {
  const sources = filesBelow(join(root, folder, 'src'), '.ts');
  const found = sources.flatMap((path) => docExamples(path).map((example) => ({ path, ...example })));

  it('exist', () => {
    expect(found.length).toBeGreaterThan(0);
  });

  for (const { name, path, block } of found) {
    it(`${name} shows true values`, async () => {
      await runExample(block.code, scopeOf(folder, path), load);
    });
  }
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
