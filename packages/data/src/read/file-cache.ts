import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Facts about files, kept in the user's cache folder, so that large data sets are read only once for them. A fact holds while path,
 * size, times of change and inode are what they were. Without a cache folder that can be written, every fact is found anew.
 *
 * @typeParam T What is known of a file; plain data.
 */
export class FileCache<T> {
  private readonly folders = new Map<string, Promise<Map<string, Entry<T>>>>();
  private readonly changed = new Set<string>();

  /** @param kind Name of the kind of facts, with a version: facts of other versions are not seen. */
  constructor(private readonly kind: string) {}

  /** The fact about a file, from the cache or from `find`. What `find` throws is thrown, and not kept. */
  async get(path: string, find: () => Promise<T>): Promise<T> {
    const folder = dirname(resolve(path));
    if (this.fileOf(folder) === undefined) return find();
    const version = await versionOf(path);
    const entries = await (this.folders.get(folder) ?? this.load(folder));
    const known = entries.get(basename(path));
    if (version !== undefined && known?.version === version.key) return known.fact;
    const fact = await find();
    // A file may change again within the tick of its clock: what is so young is not trusted later.
    if (version !== undefined && version.age > YOUNG && (await versionOf(path))?.key === version.key) {
      entries.set(basename(path), { version: version.key, fact });
      this.changed.add(folder);
    }
    return fact;
  }

  /** Writes what was found. Failing to is no fault. */
  async save(): Promise<void> {
    for (const folder of this.changed) {
      const file = this.fileOf(folder);
      if (file === undefined) continue;
      const entries = await this.folders.get(folder)!;
      const draft = `${file}.${process.pid}.tmp`;
      try {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(
          draft,
          JSON.stringify([...entries].map(([name, { version, fact }]) => [name, version, fact])),
        );
        await rename(draft, file);
      } catch {
        // The next run finds the facts anew.
      }
    }
    this.changed.clear();
  }

  private load(folder: string): Promise<Map<string, Entry<T>>> {
    const file = this.fileOf(folder);
    const entries = file === undefined ? Promise.resolve(new Map<string, Entry<T>>()) : read<T>(file);
    this.folders.set(folder, entries);
    return entries;
  }

  private fileOf(folder: string): string | undefined {
    const root = cacheFolder();
    if (root === undefined) return undefined;
    const name = createHash('sha256').update(folder).digest('hex').slice(0, 32);
    return join(root, this.kind, `${name}.json`);
  }
}

interface Entry<T> {
  readonly version: string;
  readonly fact: T;
}

/** Milliseconds. */
const YOUNG = 2000;

async function versionOf(path: string): Promise<{ key: string; age: number } | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  if (stats === undefined) return undefined;
  const { size, mtimeNs, ctimeNs, ino, dev } = stats;
  const changed = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  return { key: [size, mtimeNs, ctimeNs, dev, ino].join(), age: Date.now() - Number(changed / 1_000_000n) };
}

async function read<T>(file: string): Promise<Map<string, Entry<T>>> {
  try {
    const rows = JSON.parse(await readFile(file, 'utf8')) as [string, string, T][];
    return new Map(rows.map(([name, version, fact]) => [name, { version, fact }]));
  } catch {
    return new Map(); // there is none yet, or it is damaged
  }
}

/** `SEGLOSS_CACHE` (`off` for none), else segloss's part of the user's cache folder. */
function cacheFolder(): string | undefined {
  const { SEGLOSS_CACHE: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: windows } = process.env;
  if (own !== undefined && own !== '') return own === 'off' ? undefined : resolve(own);
  if (process.platform === 'win32') return windows && join(windows, 'segloss', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'segloss');
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'segloss');
}
