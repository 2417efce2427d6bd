import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { root } from '@segloss/testing';
import ts from 'typescript';

export interface PackageJson {
  name: string;
  private?: boolean;
  exports?: Record<string, unknown>;
  bin?: Record<string, string>;
  sideEffects?: boolean | string[];
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  scripts?: Record<string, string>;
}

/** The manifest of a folder, relative to the root. */
export function readPackage(folder: string): PackageJson {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as PackageJson;
}

/** Every workspace folder, relative to the root. */
export function workspaces(): string[] {
  return ['packages', 'apps']
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'package.json')));
}

/** The workspaces that are published. */
export function publicWorkspaces(): string[] {
  return workspaces().filter((folder) => readPackage(folder).private !== true);
}

/** Files below a folder whose name ends with one of the endings, absolute. */
export function filesBelow(folder: string, ...endings: string[]): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => endings.some((ending) => path.endsWith(ending)) && !path.includes('node_modules'))
    .map((path) => join(folder, path))
    .sort();
}

/** The package of an import specifier; undefined for a relative path or a module of Node. */
export function packageOf(specifier: string): string | undefined {
  if (/^[./#]|^node:/.test(specifier) || builtinModules.includes(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The packages that the files of a folder import, types and dynamic imports included. */
export function importedPackages(folder: string, ...endings: string[]): string[] {
  // A script for a page has everything in it; names of packages there are parts of its messages.
  const files = filesBelow(folder, ...(endings.length === 0 ? ['.ts'] : endings)).filter(
    (path) => !path.endsWith('.global.js'),
  );
  const names = files
    .flatMap((path) => ts.preProcessFile(readFileSync(path, 'utf8'), true, true).importedFiles)
    .map(({ fileName }) => packageOf(fileName))
    .filter((name) => name !== undefined);
  return [...new Set(names)].sort();
}
