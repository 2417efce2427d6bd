import type * as Bullmq from 'bullmq';

/** The classes of BullMQ for one server, and how to connect to it. */
export interface QueueServer {
  /** For messages: without the password. */
  readonly name: string;
  readonly Queue: typeof Bullmq.Queue;
  readonly Worker: typeof Bullmq.Worker;
  readonly QueueEvents: typeof Bullmq.QueueEvents;
  readonly errors: Pick<typeof Bullmq, 'DelayedError' | 'UnrecoverableError' | 'WaitingError'>;
  readonly connection: Bullmq.ConnectionOptions;
}

/** The queue cannot be used: the address is wrong, a package is missing, or the server does not answer. */
export class QueueError extends Error {
  override readonly name = 'QueueError';
}

/** Where the address of a queue comes from, if not from the flag: a password does not belong into a command line. */
export const QUEUE_VARIABLE = 'SEGLOSS_QUEUE';

/** The address of the queue: that of the flag, or else of the environment. @throws {QueueError} If there is neither. */
export function queueOf(
  { queue }: { readonly queue?: string },
  { env }: { readonly env: NodeJS.ProcessEnv },
): string {
  const address = queue ?? (env[QUEUE_VARIABLE] || undefined);
  if (address !== undefined) return address;
  throw new QueueError(`--queue: wanted an address, or one in ${QUEUE_VARIABLE} of the environment, got neither`); // prettier-ignore
}

/** A server that has not answered by then is not there. */
const ANSWER_MILLISECONDS = 3000;
/** Between two attempts to reach a server that has gone, at most. */
export const RECONNECT_MILLISECONDS = 2000;
/** BullMQ needs commands of this version. */
const OLDEST_REDIS = [6, 2] as const;

/** Hides the passwords of addresses in a text: commands are recorded and shown in reports. */
export function withoutPassword(text: string): string {
  return text.replace(/(\b[a-z][a-z+]*:\/\/[^/\s:@]*):[^/\s]*@/gi, '$1:***@');
}

/**
 * Connects to the server of a queue once, so that a wrong address is one message and no endless loop of errors.
 *
 * @param address `redis://HOST:PORT/DB`, `rediss://...` or `postgres://...`.
 * @param warn Receives what is unsafe about the server's settings.
 * @throws {QueueError} If the address is wrong, a package is missing, or the server does not answer within three seconds.
 */
export async function openServer(address: string, warn: (text: string) => void): Promise<QueueServer> {
  const name = withoutPassword(address);
  const protocol = URL.canParse(address) ? new URL(address).protocol : '';
  if (/^rediss?:$/.test(protocol)) return redis(address, name, warn);
  if (/^postgres(ql)?:$/.test(protocol)) return postgres(address, name);
  throw new QueueError(
    `--queue: wanted redis://HOST:PORT, rediss://HOST:PORT or postgres://USER@HOST/DATABASE, got ${JSON.stringify(name)}`,
  );
}

async function redis(address: string, name: string, warn: (text: string) => void): Promise<QueueServer> {
  const bullmq = await needed(() => import('bullmq'), 'bullmq', 'bullmq ioredis');
  const { Redis } = await needed(() => import('ioredis'), 'ioredis', 'bullmq ioredis');
  const probe = new Redis(address, {
    ...{ lazyConnect: true, connectTimeout: ANSWER_MILLISECONDS, commandTimeout: ANSWER_MILLISECONDS },
    ...{ maxRetriesPerRequest: 0, retryStrategy: () => null },
  });
  let why: Error | undefined;
  probe.on('error', (error) => {
    why = error;
  });
  try {
    await inTime(probe.connect());
    const info = await inTime(probe.info());
    checkVersion(name, /redis_version:(\S+)/.exec(info)?.[1]);
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1] ?? 'noeviction';
    if (policy !== 'noeviction')
      warn(
        `${name}: maxmemory-policy is ${policy}: a full server may drop queued runs; set it to noeviction`,
      );
  } catch (error) {
    throw error instanceof QueueError ? error : unreachable(name, why ?? (error as Error));
  } finally {
    probe.disconnect();
  }
  const { Queue, Worker, QueueEvents } = bullmq;
  return {
    ...{ name, Queue, Worker, QueueEvents, errors: bullmq },
    connection: {
      url: address,
      maxRetriesPerRequest: null, // commands wait until the server is there again
      retryStrategy: (times: number) => Math.min(100 * times, RECONNECT_MILLISECONDS),
    },
  };
}

function checkVersion(name: string, version = ''): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor >= OLDEST_REDIS[1])) return;
  throw new QueueError(
    `${name}: wanted a Redis of version ${OLDEST_REDIS.join('.')} or later, got ${version || 'no version'}; install a newer one`,
  );
}

async function postgres(address: string, name: string): Promise<QueueServer> {
  const bullmq = await needed(() => import('bullmq'), 'bullmq', 'bullmq pg');
  await needed(() => import('pg' as string), 'pg', 'bullmq pg');
  const { createPostgresBackend, withBackend } = bullmq;
  const connection = { connectionString: address, migrate: true };
  const probe = new bullmq.PostgresConnection({
    ...connection,
    connectionTimeoutMillis: ANSWER_MILLISECONDS,
  });
  probe.on('error', () => undefined);
  try {
    await inTime(probe.waitUntilReady());
  } catch (error) {
    throw unreachable(name, error as Error);
  } finally {
    await probe.close();
  }
  const { Queue, Worker, QueueEvents } = withBackend(createPostgresBackend) as unknown as QueueServer;
  return {
    ...{ name, Queue, Worker, QueueEvents, errors: bullmq },
    connection: connection as Bullmq.ConnectionOptions,
  };
}

async function needed<T>(load: () => Promise<T>, name: string, packages: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!/MODULE_NOT_FOUND/.test((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw new QueueError(`--queue: the package ${name} is missing: npm install ${packages}`, {
      cause: error,
    });
  }
}

function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MILLISECONDS / 1000} s`)), ANSWER_MILLISECONDS); // prettier-ignore
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function unreachable(name: string, cause: Error): QueueError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = message === '' ? (code ?? 'no answer') : message;
  return new QueueError(
    `--queue: cannot use ${name}: ${withoutPassword(why)}; is the server running, and are address and password right?`,
    { cause },
  );
}

/** Says once that a server has gone, and once that it is there again, however many errors that makes. */
export class ConnectionNotes {
  private lost = false;
  private last = '';

  constructor(
    private readonly name: string,
    private readonly say: (text: string) => void,
  ) {}

  error(error: Error): void {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const text = withoutPassword(message || code);
    if (
      !/ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|closed|terminat|LOADING|starting up|shutting down|not yet accepting/i.test(
        `${code} ${message}`,
      )
    ) {
      if (text !== this.last) this.say(`${this.name}: ${text}`);
      this.last = text;
    } else if (!this.lost) {
      this.lost = true;
      this.say(`${this.name} does not answer (${text}); trying again until it does`);
    }
  }

  answered(): void {
    if (this.lost) this.say(`${this.name} answers again`);
    this.lost = false;
  }
}
