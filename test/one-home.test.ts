import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { lossNames } from '@segloss/losses';
import { root } from '@segloss/testing';
import ts from 'typescript';
import { filesBelow, workspaces } from './workspaces.js';

const HOME_OF_LOSSES = 'packages/losses/src/losses/';

const sources = workspaces()
  .filter((folder) => folder !== 'packages/testing')
  .flatMap((folder) => filesBelow(join(root, folder, 'src'), '.ts'))
  .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }))
  .filter(({ path }) => !path.includes('/generated/'));

/** The literals of a source that a condition holds for. */
function literals(text: string, wanted: (node: ts.LiteralLikeNode) => boolean): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) && wanted(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true));
  return [...new Set(found)].sort();
}

/** What each file has, for those that have any. */
function having(wanted: (node: ts.LiteralLikeNode) => boolean, files = sources): Record<string, string> {
  const entries = files.map(({ path, text }) => [path, literals(text, wanted).join(' ')]);
  return Object.fromEntries(entries.filter(([, found]) => found !== '')) as Record<string, string>;
}

describe('shared code', () => {
  it('x', () => {
    const names = new Set(lossNames());
    console.log(having((node) => ts.isStringLiteralLike(node) && names.has(node.text), sources.filter(({ path }) => !path.startsWith(HOME_OF_LOSSES))));
    console.log(having((node) => ts.isNumericLiteral(node) && node.text === '255'));
    expect(1).toBe(1);
  });
});
