import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root, withChecks } from '@segloss/testing';
import { buildSync } from 'esbuild';
import ts from 'typescript';
import { codeOf } from '../apps/playground/src/state/code.js';
import { DEFAULTS, type State } from '../apps/playground/src/state/state.js';
import { installCurrentNode, pack, run, temporaryFolder } from './packed.js';
import { blocksOf, pages } from './pages.js';
import { writePastedProject } from './pasted-project.js';
import { importedPackages } from './workspaces.js';

// Files of the repository itself, which test/add-a-loss.test.ts puts in their places, are marked no-run.
const blocks = pages().flatMap((path) => blocksOf(path, 'ts').filter(({ block }) => block.info === 'ts'));
/** What the playground gives for its screens under *Code*. */
const screens: readonly Partial<State>[] = [
  { tab: 'curve', losses: ['ce', 'dice + 10*l1', 'formula: 1 - (2*overlap + 1)/(target + predicted + 1)'] },
  { tab: 'card', card: 'focal' },
  { tab: 'train', epochs: 1 },
];
for (const more of screens) {
  const code = codeOf({ ...DEFAULTS, ...more }).typescript;
  blocks.push({ name: `playground: ${more.tab}`, block: { info: 'ts', code, line: 1 } });
}
const pasted = pages().flatMap((path) => blocksOf(path, 'sh').filter(({ block }) => block.info === 'sh run'));
const temporary = temporaryFolder();
afterAll(() => temporary.remove());

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
    writeFileSync(
      join(consumer, 'package.json'),
      JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
    );
    const peers = [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
    ];
    writeBlocks(consumer);
    const tarballs = [...pack(temporary.path).values()].map(({ tarball }) => tarball);
    const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const packages = [...tarballs, ...peers.map((name) => `${name}@4.22.0`)];
    const { code, output } = run('npm', ['install', '--prefix', consumer, ...options, ...packages], consumer);
    if (code !== 0) throw new Error(`npm install of the tarballs failed:\n${output}`);
  });

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

  describe.each([
    ['Bun', 'bun', []],
    ['Deno', 'deno', ['run', '--allow-all', '--node-modules-dir=manual']],
  ])('in %s', (_, command, flags) => {
    const found = run(command, ['--version'], temporary.path).code === 0;
    if (found) it('work as ES modules', () => expect(use(command, ...flags, 'use.mjs')).toEqual(expected));
    else it.skip(`work as ES modules (skipped: no ${command} on the PATH)`, () => undefined);
  });

  it.each([
    ['Node', 'tsconfig.json'],
    ['a bundler', 'tsconfig.bundler.json'],
  ])('have types that TypeScript finds as %s would, for the blocks of all pages too', (_, project) => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { code, output } = run(process.execPath, [tsc, '--project', join(consumer, project)], consumer);
    expect(`${code} ${output}`).toBe('0 ');
  });

  describe('with the blocks of the pages, each pasted into a file of its own', () => {
    let problems: Record<string, string>;
    beforeAll(() => {
      const { output } = run(process.execPath, ['run-blocks.mjs'], consumer);
      problems = JSON.parse(output.split('\n').at(-1)!) as Record<string, string>;
    });

    it.each(blocks.map(({ name }) => name))('%s runs, and shows true values', (name) => {
      expect(problems[name]).toBeUndefined();
    });
  });

  describe('with the commands of the pages, each block pasted into a shell', () => {
    beforeAll(() => writePastedProject(consumer));

    it('are those of every page that needs no training', () => {
      expect(new Set(pasted.map(({ name }) => name.split(':')[0])).size).toBeGreaterThanOrEqual(4);
    });

    it.each(pasted.map(({ name, block }) => [name, block.code]))('%s ends well', (_, code) => {
      const { code: status, output } = run('sh', ['-e', '-c', code], consumer);
      expect(`${status} ${output}`).toMatch(/^0 [^]*\S/);
      for (const [, file] of code.matchAll(/--(?:out|json) (\S+\.(?:html|json))/g))
        expect([file, existsSync(join(consumer, file!))]).toEqual([file, true]);
    });
  });
});

/** The code of a page as modules: as it stands for TypeScript, and with checks of the values it shows to be run. */
function writeBlocks(folder: string): void {
  const list = blocks.map(({ name, block }) => {
    const file = name.replaceAll(/[/: ]/g, '-');
    const { code, claims } = withChecks(block.code);
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(join(folder, `${file}.mts`), block.code);
    writeFileSync(join(folder, `${file}.checked.mjs`), outputText);
    const named = /^\/\/ ([\w-]+)\.ts\n/.exec(block.code)?.[1];
    if (named !== undefined) {
      writeFileSync(join(folder, `${named}.ts`), block.code); // a file that other blocks import
      writeFileSync(join(folder, `${named}.js`), outputText);
    }
    return { name, module: `./${file}.checked.mjs`, claims };
  });
  writeFileSync(join(folder, 'blocks.json'), JSON.stringify(list));
  buildSync({
    entryPoints: [join(root, 'packages/testing/src/examples/block-worker.ts')],
    outfile: join(folder, 'block-worker.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
}
