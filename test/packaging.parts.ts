import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root, type Part } from '@segloss/testing';
import { bundledPackages } from '../tools/docs/licenses.js';
import { pack, run, temporaryFolder, type Packed } from './packed.js';
import { importedPackages, publicWorkspaces, readPackage } from './workspaces.js';

/** The cases of a part; each file beside this one runs one. */
export function packaging(part: Part): void {
  const folders = part(publicWorkspaces());
  const temporary = temporaryFolder();
  afterAll(() => temporary.remove());

  let packed: Map<string, Packed>;
  beforeAll(() => {
    packed = pack(temporary.path, folders);
  });
  const packedOf = (folder: string): Packed => packed.get(folder) as Packed;

  describe.each(folders)('the package of %s', (folder) => {
    it('satisfies publint in strict mode', () => {
      const script = join(root, 'test/publint.mjs');
      const { code, output } = run(process.execPath, [script, packedOf(folder).tarball], root);
      expect(output).toBe('');
      expect(code).toBe(0);
    });

    it('has types that are right for ESM and CommonJS', () => {
      const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
      // Resolution as in Node 10, which knows no `exports`, is of no use: our engines start at Node 20.
      const args = [attw, packedOf(folder).tarball, '--profile', 'node16', '--no-color', '--no-emoji'];
      const { code, output } = run(process.execPath, args, root);
      expect(code === 0 ? '' : output).toBe('');
    });

    it('holds its build, a README and the licence, and no sources of tests', () => {
      const { files } = packedOf(folder);
      expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']));
      expect(
        files.filter(
          (path) =>
            !/^(dist|bin|demo|presets|schema)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md|THIRD-PARTY-LICENSES\.txt)$/.test(
              path,
            ),
        ),
      ).toEqual([]);
    });

    it('holds the licenses of what it bundles', () => {
      const bundled = bundledPackages(folder).map((path) => path.replace(/^.*node_modules\//, ''));
      const shipped = packedOf(folder).files.includes('THIRD-PARTY-LICENSES.txt');
      const text = shipped ? readFileSync(join(root, folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8') : '';
      expect([...text.matchAll(/^--- (\S+) \S+ \(.+\)$/gm)].map(([, name]) => name)).toEqual(bundled);
    });

    it('lists files with side effects that exist', () => {
      const { sideEffects } = readPackage(folder);
      expect(sideEffects).toBeDefined();
      const listed = Array.isArray(sideEffects) ? sideEffects.map((path) => path.replace(/^\.\//, '')) : [];
      expect(packedOf(folder).files).toEqual(expect.arrayContaining(listed));
    });

    it('imports only what its package.json names', () => {
      const { name, dependencies = {}, peerDependencies = {} } = readPackage(folder);
      const declared = [name, ...Object.keys({ ...dependencies, ...peerDependencies })];
      expect(declared).toEqual(
        expect.arrayContaining(importedPackages(join(root, folder, 'dist'), '.js', '.cjs', '.d.ts')),
      );
    });
  });
}
