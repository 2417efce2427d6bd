import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import { type HubReference } from './reference.js';

/** A commit of Git, which never changes. */
const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Returns the folder of downloaded files: `$SEGLOSS_CACHE/hub`, else the cache that Hugging Face's own tools use (`$HF_HUB_CACHE`, `$HF_HOME/hub`,
 * `$XDG_CACHE_HOME/huggingface/hub`, `~/.cache/huggingface/hub`), so that nothing is downloaded twice.
 */
export function hubCache(env: NodeJS.ProcessEnv = process.env): string {
  if (env['SEGLOSS_CACHE']) return path.join(env['SEGLOSS_CACHE'], 'hub');
  if (env['HF_HUB_CACHE']) return env['HF_HUB_CACHE'];
  const home = env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  return path.join(env['HF_HOME'] ?? path.join(home, 'huggingface'), 'hub');
}

/** The files of one repository in the cache, in the layout of Hugging Face: `blobs` by hash, `snapshots` by commit, `refs` by branch. */
export class CachedRepository {
  readonly folder: string;

  constructor(repository: string, cache = hubCache()) {
    this.folder = path.join(cache, `models--${repository.replace('/', '--')}`);
  }

  /** The commit of a revision, if it is known here. */
  commitOf(revision: string): string | undefined {
    if (COMMIT.test(revision)) return revision;
    const file = path.join(this.folder, 'refs', revision);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  }

  /** The path of a file at a commit, if it is here. */
  find(commit: string, file: string): string | undefined {
    const found = this.place(commit, file);
    return existsSync(found) ? found : undefined;
  }

  /** Names of the `.safetensors` files at a commit that are here. */
  weightsAt(commit: string): string[] {
    const folder = path.join(this.folder, 'snapshots', commit);
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.safetensors')) : [];
  }

  /** The hash that the bytes of a file had when they arrived; undefined for a copy, which has another name. */
  hashOf(file: string): string | undefined {
    const name = path.basename(realpathSync(file));
    return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name) ? name : undefined;
  }

  /** Where the bytes with a hash are, or will be. */
  blob(hash: string): string {
    const folder = path.join(this.folder, 'blobs');
    mkdirSync(folder, { recursive: true });
    return path.join(folder, hash);
  }

  /** Names the bytes with a hash, and the commit of a revision. Returns the path of the file. */
  link({ revision, commit, file }: { revision: string; commit: string; file: string }, hash: string): string {
    const blob = this.blob(hash);
    const name = this.place(commit, file);
    mkdirSync(path.dirname(name), { recursive: true });
    rmSync(name, { force: true });
    try {
      symlinkSync(path.relative(path.dirname(name), blob), name);
    } catch {
      copyFileSync(blob, name); // a file system without links
    }
    if (!COMMIT.test(revision)) {
      mkdirSync(path.join(this.folder, 'refs'), { recursive: true });
      writeFileSync(path.join(this.folder, 'refs', revision), commit);
    }
    return name;
  }

  private place(commit: string, file: string): string {
    return path.join(this.folder, 'snapshots', commit, file);
  }
}

/** A file as it is named in messages. */
export const describeReference = ({ repository, revision, file }: HubReference): string =>
  `${repository}@${revision}${file === undefined ? '' : `/${file}`}`;
