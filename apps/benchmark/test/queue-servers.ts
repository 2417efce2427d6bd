// Servers of a queue of a test's own, on random ports of this machine, which keep their data through a restart.
import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** A port on which nobody listens. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** The tests' own temporary folder is closed to the user that PostgreSQL runs as. */
const TEMPORARY = process.getuid?.() === 0 ? '/tmp' : os.tmpdir();

/** A server that can be stopped and started again. Its data lie in a folder of its own, which `remove` deletes. */
export abstract class QueueServer {
  private process: ChildProcess | undefined;
  protected readonly folder = mkdtempSync(path.join(TEMPORARY, 'segloss-queue-server-'));
  protected port = 0;

  abstract readonly address: string;
  protected abstract readonly command: readonly [program: string, flags: readonly string[]];
  protected readonly options: SpawnOptions = {};
  /** Makes the data folder. */
  protected prepare(): void {}
  /** The signal that stops it immediately, with its data written. */
  protected readonly signal: NodeJS.Signals = 'SIGTERM';

  async start(): Promise<void> {
    if (this.port === 0) {
      this.port = await freePort();
      this.prepare();
    }
    const [program, flags] = this.command;
    const started = spawn(program, flags, { ...this.options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = started;
    return new Promise((resolve, reject) => {
      let text = '';
      const look = (piece: Buffer) => {
        text += piece.toString();
        if (/ready to accept connections/i.test(text)) resolve();
      };
      started.on('error', reject);
      started.on('exit', (code) => reject(new Error(`${program} ended with code ${code}: ${text}`)));
      for (const stream of [started.stdout, started.stderr]) stream.on('data', look);
    });
  }

  /** Stops it; its data stay. */
  stop(): Promise<void> {
    const running = this.process;
    this.process = undefined;
    if (running === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      running.removeAllListeners('exit');
      running.on('exit', () => resolve());
      running.kill(this.signal);
    });
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whether this machine has the program. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

export class RedisServer extends QueueServer {
  get address(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  protected get command() {
    const settings = { port: this.port, bind: '127.0.0.1', dir: this.folder, appendonly: 'yes', save: '' };
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return ['redis-server', flags] as const;
  }
}

/** The folder of `initdb` and `postgres`; Debian has them outside of the search path. */
const postgresPrograms = ((): string | undefined => {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => `${debian}/${version}/bin`), ...process.env['PATH']!.split(path.delimiter)]; // prettier-ignore
  return folders.find((folder) => existsSync(path.join(folder, 'initdb')));
})();

/** PostgreSQL does not run as root. */
const postgresUser = ((): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return {} as { uid: number; gid: number };
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return uid!.status === 0 ? { uid: Number(uid!.stdout), gid: Number(gid!.stdout) } : undefined;
})();

/** Whether this machine has the programs, and a user that may run them. */
export const hasPostgres = postgresPrograms !== undefined && postgresUser !== undefined;

export class PostgresServer extends QueueServer {
  protected override readonly options = { ...postgresUser, cwd: this.folder };
  protected override readonly signal = 'SIGINT'; // does not wait for its clients

  get address(): string {
    return `postgres://segloss@127.0.0.1:${this.port}/postgres`;
  }

  protected get command() {
    const flags = ['-D', this.data, '-p', String(this.port), '-h', '127.0.0.1', '-k', '', '-F'];
    return [path.join(postgresPrograms!, 'postgres'), flags] as const;
  }

  protected override prepare(): void {
    const { uid, gid } = postgresUser!;
    if (uid !== undefined) chownSync(this.folder, uid, gid);
    const flags = ['-D', this.data, '-U', 'segloss', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    const { status, stderr } = spawnSync(path.join(postgresPrograms!, 'initdb'), flags, {
      ...this.options,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`initdb: ${stderr}`);
  }

  private get data(): string {
    return path.join(this.folder, 'data');
  }
}
