import { closeSync, openSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import path from 'node:path';

/**
 * A socket next to a lease on which its owner listens: the kernel refuses connections from the moment the owner is dead, so every
 * process of the same machine can tell, in whatever container it is.
 */
export class DeathWatch {
  private constructor(
    private readonly file: string,
    private readonly server: Server | undefined,
  ) {}

  /** Listens, where the system and the file system know sockets. */
  static async open(file: string): Promise<DeathWatch> {
    if (process.platform === 'win32') return new DeathWatch(file, undefined);
    const server = createServer((connection) => connection.destroy());
    const listens = await withShortPath(
      file,
      (short) =>
        new Promise<boolean>((resolve) => {
          server.once('error', () => resolve(false));
          server.listen(short, () => resolve(true));
        }),
    );
    server.on('error', () => undefined);
    server.unref();
    return new DeathWatch(file, listens ? server : undefined);
  }

  close(): void {
    this.server?.close();
    rmSync(this.file, { force: true });
  }
}

/** Whether a process of this machine listens on the socket. */
export function isListening(file: string): Promise<'alive' | 'dead' | 'unknown'> {
  return withShortPath(
    file,
    (short) =>
      new Promise((resolve) => {
        const connection = createConnection(short, () => {
          connection.destroy();
          resolve('alive');
        });
        connection.on('error', ({ code }: NodeJS.ErrnoException) =>
          resolve(code === 'ECONNREFUSED' ? 'dead' : 'unknown'),
        );
      }),
  );
}

/** The path of a socket may have about 100 bytes; on Linux that of its folder can be said shorter. */
async function withShortPath<T>(file: string, use: (short: string) => Promise<T>): Promise<T> {
  if (process.platform !== 'linux') return use(file);
  let folder: number;
  try {
    folder = openSync(path.dirname(file), 'r');
  } catch {
    return use(file);
  }
  try {
    return await use(`/proc/self/fd/${folder}/${path.basename(file)}`);
  } finally {
    closeSync(folder);
  }
}
