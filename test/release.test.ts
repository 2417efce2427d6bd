import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { run, temporaryFolder } from './packed.js';
import { publicWorkspaces, readPackage, workspaces, type PackageJson } from './workspaces.js';

// The next release, as `npx changeset version` would write it: on a scratch copy of the manifests.
const temporary = temporaryFolder();
const at = (...parts: string[]) => join(temporary.path, ...parts);
const manifest = (folder: string) =>
  JSON.parse(readFileSync(at(folder, 'package.json'), 'utf8')) as PackageJson & { version: string };

beforeAll(() => {
  for (const path of ['package.json', '.changeset']) cpSync(join(root, path), at(path), { recursive: true });
  for (const folder of workspaces()) {
    mkdirSync(at(folder), { recursive: true });
    for (const file of ['package.json', 'CHANGELOG.md'])
      if (existsSync(join(root, folder, file))) cpSync(join(root, folder, file), at(folder, file));
  }
  symlinkSync(join(root, 'node_modules'), at('node_modules'), 'junction');
  const git = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
  run('git', ['init', '--quiet'], temporary.path);
  run('git', ['add', '.changeset', 'package.json', 'packages', 'apps'], temporary.path);
  run('git', [...git, 'commit', '--quiet', '-m', 'copy'], temporary.path);
  const { code, output } = run(
    process.execPath,
    [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'],
    temporary.path,
  );
  expect(`${code} ${output}`).toMatch(/^0 /);
});
afterAll(() => temporary.remove());

const published = publicWorkspaces();

it('gives all public packages one version, and to each other the same', () => {
  const versions = new Set(published.map((folder) => manifest(folder).version));
  expect(versions.size).toBe(1);
  const [version] = versions;
  const names = new Set(published.map((folder) => readPackage(folder).name));
  for (const folder of published)
    for (const [name, wanted] of Object.entries(manifest(folder).dependencies ?? {}))
      if (names.has(name)) expect([folder, name, wanted]).toEqual([folder, name, version]);
});

it('writes a changelog for public packages only', () => {
  const logs = workspaces().filter((folder) => existsSync(at(folder, 'CHANGELOG.md')));
  expect(logs.filter((folder) => !published.includes(folder))).toEqual([]);
  for (const folder of logs)
    expect(readFileSync(at(folder, 'CHANGELOG.md'), 'utf8')).toMatch(/^## \d+\.\d+\.\d+$/m);
});

it('begins the first changelog with the first release', () => {
  const log = readFileSync(at('packages/losses/CHANGELOG.md'), 'utf8');
  expect(log).toMatch(/## 0\.1\.0\n\n### Minor Changes\n\n- (?:[0-9a-f]{7}: )?First release/);
});

it('would publish the public packages, and no other', () => {
  // No registry answers at this address: a dry run needs none.
  const flags = [
    '--registry',
    'http://127.0.0.1:9',
    '--fetch-retries=0',
    '--provenance=false',
    '--ignore-scripts',
  ];
  const { code, output } = run('npm', ['publish', '--dry-run', '--workspaces', ...flags], root);
  const sent = [...output.matchAll(/^\+ (.*)@\d+\.\d+\.\d+$/gm)].map(([, name]) => name!);
  expect({ code, sent: sent.sort() }).toEqual({
    code: 0,
    sent: published.map((folder) => readPackage(folder).name).sort(),
  });
});
