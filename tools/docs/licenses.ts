import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@segloss/testing';

import { publicWorkspaces } from '../../test/workspaces.js';
import { read, type Generator } from './generator.js';

const FILE = 'THIRD-PARTY-LICENSES.txt';

/** The licenses of what each package bundles, as its source maps tell; after a build. */
export const licenses: Generator = {
  name: 'licenses',
  generate: () =>
    new Map(
      publicWorkspaces().flatMap((folder) => {
        const bundled = bundledPackages(folder);
        return bundled.length === 0 ? [] : [[`${folder}/${FILE}`, licenseText(bundled)] as const];
      }),
    ),
  extra: () =>
    publicWorkspaces()
      .filter((folder) => existsSync(join(root, folder, FILE)) && bundledPackages(folder).length === 0)
      .map((folder) => `${folder}/${FILE}`),
};

/** Folders of the packages of others whose code is in `dist`, relative to the root: by source maps, and by the lists of inputs of bundles for pages and of generated sources. */
export function bundledPackages(folder: string): string[] {
  const dist = join(root, folder, 'dist');
  const maps = readdirSync(dist).filter((name) => name.endsWith('.map'));
  if (maps.length === 0)
    throw new Error(`licenses: wanted source maps in ${folder}/dist, got none; build it first`);
  const inDist = <Content>(name: string) => JSON.parse(readFileSync(join(dist, name), 'utf8')) as Content;
  const lists = [dist, join(root, folder, 'src/generated')].flatMap((place) =>
    (existsSync(place) ? readdirSync(place) : [])
      .filter((name) => /^metafile-.*\.json$/.test(name))
      .map((name) => JSON.parse(readFileSync(join(place, name), 'utf8')) as Metafile),
  );
  const sources = [
    ...maps.flatMap((name) => inDist<{ sources: string[] }>(name).sources),
    ...lists.flatMap((list) => bundledInputs(list)),
  ];
  const found = sources.flatMap((source) => {
    const match = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source);
    if (match === null) return [];
    const places = [`${folder}/node_modules/${match[1]}`, `node_modules/${match[1]}`];
    return places.find((place) => existsSync(join(root, place, 'package.json'))) ?? fail(source);
  });
  return [...new Set(found)].sort();
}

/** The list of inputs that esbuild writes. */
interface Metafile {
  readonly outputs: Record<string, { readonly inputs: Record<string, { readonly bytesInOutput: number }> }>;
}

/** Files of which a bundle has at least one byte. */
function bundledInputs({ outputs }: Metafile): string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
}

/** The terms of packages that have no file of them. */
function termsOf(folder: string): string {
  if (folder.includes('@tensorflow/'))
    return `Copyright Google LLC\n\n${read('node_modules/long/LICENSE').trim()}`;
  if (folder.endsWith('/seedrandom'))
    return read(`${folder}/README.md`)
      .split(/^LICENSE \(MIT\)\n-+\n/m)[1]!
      .trim();
  if (folder.endsWith('/codec-libjpeg-turbo-8bit'))
    return read('tools/docs/terms/libjpeg-turbo-8bit.txt').trim();
  throw new Error(`licenses: ${folder} has no license file; write down its terms by hand`);
}

function licenseText(folders: readonly string[]): string {
  const parts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(read(`${folder}/package.json`)) as Record<string, string>;
    const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    const texts =
      files.length === 0
        ? [termsOf(folder)]
        : files.sort().map((file) => read(`${folder}/${file}`).replaceAll('\r', '').trim());
    return `--- ${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
  });
  return ['This package contains parts of the following packages, under their licenses.\n', ...parts].join(
    '\n',
  );
}

function fail(source: string): never {
  throw new Error(`licenses: no package.json for ${source}`);
}
