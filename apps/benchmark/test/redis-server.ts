// A Redis of a test's own, on a random port of this machine, which keeps its data through a restart.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';

/** Whether this machine has the program. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

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

/** A server that can be stopped and started again. */
export class RedisServer {
  private process: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
  ) {}

  /** @param folder An empty folder, for its data. */
  static async start(folder: string): Promise<RedisServer> {
    const server = new RedisServer(folder, await freePort());
    await server.start();
    return server;
  }

  get address(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  start(): Promise<void> {
    const settings = { port: this.port, bind: '127.0.0.1', dir: this.folder, appendonly: 'yes', save: '' };
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const started = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.process = started;
    return new Promise((resolve, reject) => {
      started.on('error', reject);
      started.on('exit', (code) => reject(new Error(`redis-server ended with code ${code}`)));
      started.stdout.on('data', (text: Buffer) => {
        if (text.includes('Ready to accept connections')) resolve();
      });
    });
  }

  /** Stops it; its append-only file stays. */
  stop(): Promise<void> {
    const running = this.process;
    this.process = undefined;
    if (running === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      running.removeAllListeners('exit');
      running.on('exit', () => resolve());
      running.kill('SIGTERM');
    });
  }
}
