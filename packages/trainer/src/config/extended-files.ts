import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { ConfigError } from './config-error.js';
import { presets, presetsFolder } from './presets.js';
import { nearestName } from '@segloss/common';
import { readYaml } from './read-yaml.js';
import { isBranch, type Branch } from './tree.js';

/** A configuration file, before it is merged with others. */
export interface Layer {
  /** The absolute path, or `preset:NAME`. */
  readonly file: string;
  /** Folder that its relative paths start from. */
  readonly folder: string;
  readonly tree: Branch;
}

const PRESET = /^preset:(.*)$/;

/**
 * A file and what it extends, the base first. A file names one base, which may name one too.
 *
 * @param file A path from `folder`, or `preset:NAME`.
 */
export function readLayers(file: string, folder: string): Layer[] {
  return baseLayers(readFileLayer(file, folder), folder);
}

/** Reads one file, without what it extends. */
export function readFileLayer(name: string, folder: string, where = 'the command', home = folder): Layer {
  const { file, folder: own, shown, text } = find(name, folder, where, home);
  return { file, folder: own, tree: readYaml(text, shown) };
}

/** A layer and what it extends, the base first. @param home Folder that messages show paths from. */
export function baseLayers(top: Layer, home: string): Layer[] {
  const layers: Layer[] = [];
  const seen: string[] = [];
  for (let next: Layer | undefined = top; next !== undefined;) {
    const { file, folder, tree }: Layer = next;
    seen.push(file);
    const base = tree.children.get('extends');
    const children = new Map(tree.children);
    children.delete('extends');
    layers.unshift({ file, folder, tree: { children, origin: tree.origin } });
    next = base && readFileLayer(baseName(base), folder, base.origin, home);
    if (next && seen.includes(next.file)) throw circle([...seen, next.file], base!.origin, home);
  }
  return layers;
}

function baseName(tree: ReturnType<Branch['children']['get']> & object): string {
  const value = isBranch(tree) ? undefined : tree.value;
  if (typeof value === 'string' && value !== '') return value;
  throw new ConfigError({
    what: 'extends: wanted one file or preset',
    where: tree.origin,
    expected: `got ${isBranch(tree) ? 'a mapping' : JSON.stringify(value)}; wanted "base.yaml" or "preset:NAME"`,
    remedy: 'name one base; that base may name one of its own',
  });
}

interface Source {
  readonly file: string;
  readonly folder: string;
  /** As messages name it. */
  readonly shown: string;
  readonly text: string;
}

function find(name: string, from: string, where: string, home: string): Source {
  const preset = PRESET.exec(name)?.[1];
  const full = preset === undefined ? path.resolve(from, name) : path.join(presetsFolder(), `${preset}.yaml`);
  if (preset !== undefined && !presets().includes(preset)) throw unknownPreset(preset, where);
  // What a preset says holds wherever it is used.
  const source = preset === undefined ? { file: full, folder: path.dirname(full), shown: shownPath(full, home) } : { file: name, folder: home, shown: name }; // prettier-ignore
  try {
    return { ...source, text: readFileSync(full, 'utf8') };
  } catch (error) {
    const missing = !existsSync(full);
    throw new ConfigError({
      what: missing ? `no such file: ${name}` : `${name} cannot be read`,
      where,
      expected: missing
        ? `got no file at ${full}; wanted a configuration in YAML`
        : `got: ${(error as Error).message}`,
      remedy: missing
        ? 'check the path, or name a preset: `segloss config presets` lists them'
        : 'name a readable file',
    });
  }
}

function unknownPreset(name: string, where: string): ConfigError {
  const near = nearestName(name, presets());
  return new ConfigError({
    what: `unknown preset "${name}"`,
    where,
    expected: `known presets: ${presets().join(', ')}`,
    remedy: near === undefined ? 'choose one of them' : `did you mean "preset:${near}"?`,
  });
}

function circle(files: readonly string[], where: string, home: string): ConfigError {
  const names = files.map((file) => (PRESET.test(file) ? file : shownPath(file, home)));
  return new ConfigError({
    what: 'extends: the files go in a circle',
    where,
    expected: `got ${names.join(' -> ')}; wanted a last file without extends`,
    remedy: 'remove one "extends"',
  });
}

/** A path as short as it can be said. */
function shownPath(file: string, home: string): string {
  const relative = path.relative(home, file);
  return relative.startsWith('..') ? file : relative;
}
