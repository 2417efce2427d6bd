import { buildSync } from 'esbuild';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { root } from '@segloss/testing';

import { read } from './generator.js';

/** What a slow generator depends on. */
export interface Inputs {
  /** Source files, relative to the root; what they import counts too. */
  readonly files: readonly string[];
  /** Whether imported sources of other packages of ours count. */
  readonly packages: boolean;
}

/** Returns a hash of programs as minified code, so that comments and format do not count. */
export function inputHash({ files, packages }: Inputs): string {
  const { outputFiles } = buildSync({
    entryPoints: files.map((path) => join(root, path)),
    outdir: join(root, 'out'), // names only, nothing is written
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    ...(packages
      ? { external: ['@tensorflow/*'], tsconfig: join(root, 'tsconfig.json') }
      : { packages: 'external', tsconfigRaw: '{}' }),
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  });
  const hash = createHash('sha256');
  for (const { contents } of outputFiles) hash.update(contents);
  return hash.digest('hex').slice(0, 16);
}

/** The hashes of the inputs that the committed pages were made from, by generator. */
export const writtenHashes = () => JSON.parse(read(HASHES)) as Record<string, string>;

export const HASHES = 'docs/generated.json';
