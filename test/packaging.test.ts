import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { installCurrentNode, packAll, run, temporaryFolder, type Packed } from './packed.js';
import { blocksOf } from './pages.js';
import { importedPackages, publicWorkspaces, readPackage } from './workspaces.js';

const folders = publicWorkspaces();
const temporary = temporaryFolder();
afterAll(() => temporary.remove());

let packed: Map<string, Packed>;
beforeAll(() => {
  packed = packAll(temporary.path);
}, 120_000);
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
          !/^(dist|bin|presets|schema)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md|THIRD-PARTY-LICENSES\.txt)$/.test(
            path,
          ),
      ),
    ).toEqual([]);
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

it('the losses import nothing but tfjs-core', () => {
  const dist = join(root, 'packages/losses/dist');
  expect(importedPackages(dist, '.js', '.cjs')).toEqual(['@tensorflow/tfjs-core']);
});

const currentNode = installCurrentNode(temporary.path);

describe('all packages, installed from their tarballs in an empty folder', () => {
  const consumer = join(temporary.path, 'consumer');
  const segloss = join(consumer, 'node_modules/segloss/bin/segloss.mjs');

  beforeAll(() => {
    cpSync(join(root, 'test/consumer'), consumer, { recursive: true });
    writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
    const peers = [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
    ];
    for (const { name, block } of blocksOf(join(root, 'README.md'), 'ts'))
      writeFileSync(join(consumer, `${name.replace(':', '-line-')}.mts`), block.code);
    const tarballs = folders.map((folder) => packedOf(folder).tarball);
    const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const packages = [...tarballs, ...peers.map((name) => `${name}@4.22.0`)];
    const { code, output } = run('npm', ['install', '--prefix', consumer, ...options, ...packages], consumer);
    if (code !== 0) throw new Error(`npm install of the tarballs failed:\n${output}`);
  }, 180_000);

  const use = (node: string, ...args: string[]): unknown => {
    const { code, output } = run(node, args, consumer);
    expect(`${code} ${output}`).toMatch(/^0 /);
    return JSON.parse(output.slice(output.indexOf('{')));
  };
  const expected = {
    loss: 0.8181,
    gradient: [1, 4, 2],
    bias: [-0.25, 0.25],
    components: 2,
    dice: [0.8, 0.6667],
    data: [16, 256],
    charts: '<svg',
    kernels: 'function',
    trainer: ['wasm', [1, 16, 16, 1]],
    benchmark: 'function',
  };

  const worksOn = (node: () => string): void => {
    it('work as ES modules', () => {
      expect(use(node(), 'use.mjs')).toEqual(expected);
    });

    it('work as CommonJS, with no ES module behind a require', () => {
      expect(use(node(), '--no-experimental-require-module', 'use.cjs')).toEqual(expected);
    });

    it('bring the command segloss', () => {
      const { code, output } = run(node(), [segloss, 'losses'], consumer);
      expect(`${code} ${output}`).toMatch(/^0 [^]*\bce\b[^]*\bdice\b/);
    });
  };

  describe(`on this Node, ${process.versions.node}`, () => worksOn(() => process.execPath));

  if ('node' in currentNode) describe('on a current Node, 24', () => worksOn(() => currentNode.node));
  else describe.skip(`on a current Node (skipped: ${currentNode.missing})`, () => worksOn(() => ''));

  it('have types that TypeScript finds as Node would, for the examples of the README too', () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { code, output } = run(process.execPath, [tsc, '--project', consumer], consumer);
    expect(`${code} ${output}`).toBe('0 ');
  });
});
