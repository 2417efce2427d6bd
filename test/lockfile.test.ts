import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';

interface Locked {
  version?: string;
  resolved?: string;
  link?: boolean;
  optionalDependencies?: Record<string, string>;
}
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>;
};

describe('the lockfile', () => {
  it('holds the packages of every platform; if not, run tools/complete-lockfile.mjs', () => {
    const missing = Object.entries(packages).flatMap(([parent, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`${parent}/node_modules/${name}` in packages || `node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('names no registry, so that everyone can use their own', () => {
    const resolved = Object.values(packages).flatMap((entry) => (entry.link ? [] : (entry.resolved ?? [])));
    expect(resolved).toEqual([]);
  });

  it('holds no package whose command is "node": npm scripts would run it in place of Node', () => {
    const names = Object.keys(packages).filter((path) =>
      /node_modules\/(node|node-(linux|darwin|win)-.*)$/.test(path),
    );
    expect(names).toEqual([]);
  });
});
