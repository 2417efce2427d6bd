import { loadModule } from '../modules/load-module.js';
import { ModuleError } from '../modules/module-error.js';
import { type LoggedRun, type Logger } from './logger.js';
import { type MetricsLine } from './metrics-line.js';
import { trackersOf } from './trackers/tracker.js';

/** Several loggers; the training waits for them only at the end. */
export interface Loggers {
  start(run: LoggedRun): void;
  epoch(line: MetricsLine): void;
  /** Resolves when all are done, or after the patience. */
  end(summary: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Options of {@link loadLoggers}. */
export interface LoadLoggersOptions {
  /** Receives one line about a logger that failed. */
  warn: (text: string) => void;
  /** Trackers that receive the run too, as `mlflow=http://HOST:PORT` or `wandb=PROJECT`; default: none. */
  trackers?: readonly string[];
  /** Folder that relative modules start from; default: the process's. */
  folder?: string;
  /** Seconds that the end waits for loggers that still write; default 10. */
  patience?: number;
}

/**
 * Loads loggers. Each receives its own copy of everything, one call after the other, and only the end waits for them. No
 * error of theirs ends the training; the first of each is reported.
 *
 * @param modules `./mine.mjs#name`; without `#` the default export.
 * @throws {ModuleError} If a module cannot be loaded or exports no logger. @throws {ConfigError} If a tracker is unknown, or has no address.
 *
 * @example
 * ```ts
 * const { tmpdir } = await import('node:os');
 * const { writeFileSync } = await import('node:fs');
 * writeFileSync(`${tmpdir()}/segloss-example-log.mjs`, 'export const broken = { epoch() { throw new Error("no network"); } };');
 * const warnings = [];
 * const loggers = await loadLoggers(['./segloss-example-log.mjs#broken'], { folder: tmpdir(), warn: (text) => warnings.push(text) });
 * loggers.epoch({ epoch: 0 });
 * await loggers.end({});
 * warnings; // → ["logs.plugins: ./segloss-example-log.mjs#broken: epoch: no network; training continues"]
 * ```
 */
export async function loadLoggers(modules: readonly string[], options: LoadLoggersOptions): Promise<Loggers> {
  const { warn, trackers = [], folder = process.cwd(), patience = 10 } = options;
  const plugins = trackersOf(trackers).map(
    ({ spec, logger }) => new Plugin(`logs.trackers: ${spec}`, logger, warn),
  );
  for (const name of modules)
    plugins.push(new Plugin(`logs.plugins: ${name}`, await load(name, folder), warn));
  return {
    start: (run) => plugins.forEach((plugin) => plugin.tell('start', run)),
    epoch: (line) => plugins.forEach((plugin) => plugin.tell('epoch', line)),
    async end(summary) {
      for (const plugin of plugins) plugin.tell('end', summary);
      await Promise.all(plugins.map((plugin) => plugin.finish(patience)));
    },
  };
}

/** One logger and the calls that wait for it. */
class Plugin {
  private queue: Promise<void> = Promise.resolve();
  private reported = false;

  constructor(
    private readonly name: string,
    private readonly logger: Logger,
    private readonly warn: (text: string) => void,
  ) {}

  tell<K extends keyof Logger>(call: K, what: object): void {
    const copy = structuredClone(what);
    this.queue = this.queue.then(async () => {
      try {
        await (this.logger[call] as ((what: object) => unknown) | undefined)?.call(this.logger, copy);
      } catch (error) {
        if (!this.reported) this.report(`${call}: ${messageOf(error)}`);
      }
    });
  }

  async finish(patience: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, 1000 * patience, `not done ${patience} s after the end`);
    });
    const reason = await Promise.race([this.queue, late]);
    clearTimeout(timer);
    if (reason !== undefined) this.report(reason);
  }

  private report(reason: string): void {
    this.reported = true;
    this.warn(`${this.name}: ${reason}; training continues`);
  }
}

/** Also of an error that another realm has made. */
const messageOf = (error: unknown): string => (error as Partial<Error> | undefined)?.message ?? String(error);

async function load(name: string, folder: string): Promise<Logger> {
  let { value } = await loadModule(name, folder);
  if (typeof value === 'function') {
    try {
      value = await (value as () => unknown)();
    } catch (error) {
      throw new ModuleError(`${name}: it cannot make a logger: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  const calls = ['start', 'epoch', 'end'];
  const isLogger = typeof value === 'object' && value !== null && calls.some((call) => typeof (value as Record<string, unknown>)[call] === 'function'); // prettier-ignore
  if (isLogger) return value as Logger;
  throw new ModuleError(
    `${name}: wanted a logger, { start?, epoch?, end? } or a function that returns it, got ${typeof value}`,
  );
}
