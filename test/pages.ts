import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { markdownBlocks, root, type CodeBlock } from '@segloss/testing';
import { filesBelow, workspaces } from './workspaces.js';

/** Every page that a reader sees, absolute: the root's, each package's README, docs. */
export function pages(): string[] {
  return [
    join(root, 'README.md'),
    join(root, 'CONTRIBUTING.md'),
    join(root, 'SECURITY.md'),
    join(root, 'CODE_OF_CONDUCT.md'),
    ...workspaces().map((folder) => join(root, folder, 'README.md')),
    ...filesBelow(join(root, 'docs'), '.md'),
  ].filter((path) => existsSync(path));
}

/** The blocks of a page in one language, each with `path:line`; none where there is no page. */
export function blocksOf(path: string, language: string): { name: string; block: CodeBlock }[] {
  if (!existsSync(path)) return [];
  return markdownBlocks(readFileSync(path, 'utf8'))
    .filter(({ info }) => info.split(' ')[0] === language)
    .map((block) => ({ name: `${relative(root, path)}:${block.line}`, block }));
}
