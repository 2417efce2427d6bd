import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { splitModule } from '../config/modules.js';
import { ModuleError } from './module-error.js';

/** A file and the SHA-256 of its bytes. */
export interface HashedFile {
  readonly path: string;
  readonly sha256: string;
}

/** A module of the user's own: what its code is, known without running it. */
export interface ModuleSource extends HashedFile {
  /** As written in the configuration: `./mine.ts#name`. */
  readonly name: string;
  /** The files that it imports by relative paths, and that those import; packages are not followed. */
  readonly imports: readonly HashedFile[];
}

/** `from './x'`, `import './x'`, `import('./x')`, `require('./x')`. */
const IMPORT = /\b(?:from|import|require)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;
const EXTENSIONS = ['', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js'];

/**
 * Reads which code a module consists of, without running any of it.
 *
 * @param spec `path#export`.
 * @param folder Where relative paths start from.
 * @throws {ModuleError} If there is no such file.
 */
export function moduleSource(spec: string, folder: string): ModuleSource {
  const { file } = splitModule(spec);
  const full = path.resolve(folder, file);
  if (file === '' || !isFile(full)) throw new ModuleError(`${spec}: wanted a module, got no file at ${full}`);
  const [own, ...imports] = closure(full);
  return { name: spec, ...own!, imports };
}

/** The file and everything it imports by relative paths, each once, in the order of the imports. */
function closure(entry: string): HashedFile[] {
  const found = new Map<string, HashedFile>();
  const waiting = [entry];
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    if (found.has(file)) continue;
    const bytes = readFileSync(file);
    found.set(file, { path: file, sha256: createHash('sha256').update(bytes).digest('hex') });
    for (const [, , relative] of bytes.toString('utf8').matchAll(IMPORT)) {
      const target = resolveImport(path.resolve(path.dirname(file), relative!));
      if (target !== undefined) waiting.push(target);
    }
  }
  return [...found.values()];
}

/** `./a.js` may stand for `./a.ts`, as in TypeScript. */
function resolveImport(full: string): string | undefined {
  const stem = full.replace(/\.([cm]?)js$/, '.$1ts');
  return [...EXTENSIONS.map((extension) => full + extension), stem].find(isFile);
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
