import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import ts from 'typescript';
import { filesBelow, workspaces } from './workspaces.js';

type Graph = ReadonlyMap<string, readonly string[]>;

/** What each source file of a folder imports from its own package, types included. */
function importGraph(folder: string): Graph {
  return new Map(
    filesBelow(join(root, folder, 'src'), '.ts').map((path) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(path, 'utf8'), true, true);
      const imported = importedFiles
        .filter(({ fileName }) => fileName.startsWith('.'))
        .map(({ fileName }) => join(dirname(path), fileName.replace(/\.js$/, '.ts')));
      return [path, imported.filter((file) => existsSync(file))] as const;
    }),
  );
}

/** The circles that a walk over all files meets; none where there is none. */
function circles(graph: Graph): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file]);
    else if (!done.has(file)) {
      for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
      done.add(file);
    }
  };
  for (const file of graph.keys()) walk(file, []);
  return found;
}

// import-x/no-cycle does not follow `import type`.
describe('import circles, of types too', () => {
  it.each(workspaces())('%s has none', (folder) => {
    const graph = importGraph(folder);
    expect(graph.size).toBeGreaterThan(0);
    const short = (file: string) => relative(join(root, folder, 'src'), file);
    expect(circles(graph).map((files) => files.map(short).join(' → '))).toEqual([]);
  });

  it.each([
    [{ a: ['b'], b: ['c'], c: ['b'] }, [['b', 'c', 'b']]],
    [{ a: ['a'] }, [['a', 'a']]],
    [{ a: ['b', 'c'], b: ['c'], c: [] }, []],
  ])('are found in %j', (graph, expected) => {
    expect(circles(new Map(Object.entries(graph as Record<string, string[]>)))).toEqual(expected);
  });
});
