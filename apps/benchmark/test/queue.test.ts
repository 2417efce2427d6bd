// `npm run build` first. Needs Debian's redis-server and postgresql.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { builtCommand, runFiles } from './command.js';
import { writeImages } from './images.js';
import {
  freePort,
  hasPostgres,
  hasRedis,
  PostgresServer,
  RedisServer,
  type QueueServer,
} from './queue-servers.js';

const { folder, at, remove, segloss, start } = builtCommand('queue');
const children: ReturnType<typeof start>[] = [];
let server: QueueServer | undefined;
afterAll(async () => {
  for (const { process: one } of children) one.kill('SIGKILL');
  await server?.remove();
  remove();
});

/** Starts the command, with what it prints. */
function begin(...flags: string[]) {
  const child = start(...flags);
  children.push(child);
  return child;
}

/** Waits until something is so. */
async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (let i = 0; i < 1500; i++) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await sleep(40);
  }
  throw new Error(`waited in vain until ${what}:\n${children.map(({ text }) => text).join('\n---\n')}`);
}

const GOOD = ['ce 0', 'ce 1', 'dice 0', 'dice 1'];
const FILE = `
name: bench
base: { data: { folder: ./images, size: 16 }, model: { widths: [4, 8] }, epochs: 40, batchSize: 1, backend: wasm }
grid:
  setup:
    - { name: ce 0, loss: ce, seed: 0 }
    - { name: diverges, optimizer: { name: sgd, learningRate: 1e30 } }
    - { name: ce 1, loss: ce, seed: 1 }
    - { name: no such export, loss: ./module.mjs#other }
    - { name: dice 0, loss: dice, seed: 0 }
    - { name: dice 1, loss: dice, seed: 1 }
`;
const NUMBERS = [
  'metrics.jsonl',
  'scores.json',
  'checkpoints/last.safetensors',
  'checkpoints/best.safetensors',
];

beforeAll(() => {
  writeImages(at('images'), () => ({ size: 16, value: 255 }));
  writeFileSync(at('module.mjs'), 'export const loss = 1;\n');
  writeFileSync(at('bench.yaml'), FILE);
});

/** The undisturbed benchmark, trained once. */
const local = (() => {
  let ended: ReturnType<typeof segloss> | undefined;
  return () => (ended ??= segloss('benchmark', '-c', 'bench.yaml', '--out', 'local', '--jobs', '1'));
})();

const SERVERS = [
  { name: 'Redis', there: hasRedis, make: () => new RedisServer() },
  { name: 'PostgreSQL', there: hasPostgres, make: () => new PostgresServer() },
];

describe.each(SERVERS.filter(({ there }) => there))('a queue with $name', ({ name, make }) => {
  const out = at(`benchmarks/${name}`);
  const log = (run: string) => `${out}/runs/${run}/metrics.jsonl`;
  /** The run that a worker trains now, once it has some epochs. */
  const inTraining = ({ text }: { readonly text: string }) => {
    const run = text.match(/^\S+(?=: training$)/gm)?.at(-1);
    if (run === undefined || !existsSync(log(run)) || /finished/.test(readFileSync(`${out}/runs/${run}/STATUS`, 'utf8'))) return undefined; // prettier-ignore
    return readFileSync(log(run), 'utf8').split('\n').length > 4 ? run : undefined;
  };

  it('survives the death of workers and of the server: every run is trained once, bit-identical to local ones', async () => {
    const started = make();
    server = started;
    await started.start();
    const { address } = started;
    const worker = () => begin('worker', '--queue', address, '--jobs', '1', '--lost-after', '2');
    const follower = begin('benchmark', '-c', 'bench.yaml', '--out', out, '--queue', address);
    const workers = [worker(), worker()];
    const [killed, stopped] = workers as [(typeof workers)[0], (typeof workers)[0]];

    const first = await until('a run trains', () => inTraining(killed));
    const orphan = childrenOf(killed.process.pid!);
    killed.process.kill('SIGKILL');
    expect(orphan).toHaveLength(1);
    await until('its child has ended', () => !existsSync(`/proc/${orphan[0]}`));

    const second = await until('another trains', () => inTraining(stopped));
    stopped.process.kill('SIGTERM');
    expect([await stopped.ended, stopped.text]).toEqual([
      75,
      expect.stringContaining(`${second}: saved, and given back to the queue`),
    ]);

    await started.stop();
    const last = worker();
    expect(await last.ended).toBe(2); // no server, no worker
    await started.start();
    const third = worker();
    await until('the last worker trains', () => inTraining(third));
    await started.stop();
    await sleep(1500); // both reconnect
    await started.start();
    expect(await follower.ended).toBe(5); // a run diverged

    expect(local().status).toBe(5);
    for (const file of NUMBERS) {
      const [expected, got] = [runFiles(at('local'), file), runFiles(out, file)];
      const good = Object.keys(expected).filter((run) => existsSync(at('local/runs', run, 'scores.json')));
      expect(good).toHaveLength(GOOD.length);
      expect(good.map((run) => [run, got[run]?.equals(expected[run]!)])).toEqual(good.map((run) => [run, true])); // prettier-ignore
    }
    const runs = readdirSync(`${out}/runs`);
    const published = runs.filter((run) => existsSync(`${out}/runs/${run}/scores.json`));
    expect(published).toHaveLength(GOOD.length);
    expect(published).toEqual(expect.arrayContaining([first, second]));
    const reasons = (text: string) => text.split('\n').filter((line) => /^(diverges|no such export): /.test(line)); // prettier-ignore
    expect(reasons(follower.text).sort()).toEqual(reasons(local().stderr).sort());
    expect(reasons(local().stderr)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^diverges: training diverged: .* is not finite at epoch/),
        expect.stringMatching(/^no such export: .*module\.mjs.*other/),
      ]),
    );
    third.process.kill('SIGTERM');
    expect(await third.ended).toBe(0);
    const finished = [killed, stopped, third].flatMap(
      ({ text }) => text.match(/^\S+(?=: finished$)/gm) ?? [],
    );
    expect(finished.sort()).toEqual([...published].sort());
    // One message for each time that the server was away, whatever the number of attempts.
    expect(third.text.match(/does not answer|answers again/g)).toEqual(['does not answer', 'answers again']);
    expect(follower.text.match(/does not answer/g)!.length).toBeLessThanOrEqual(2);
    await started.remove();
  });
});
for (const { name } of SERVERS.filter(({ there }) => !there))
  it.skip(`queues with ${name} (needs Debian's redis-server and postgresql)`, () => undefined);

describe('without a server', () => {
  it('the commands end with one message', async () => {
    const address = `redis://me:secret@127.0.0.1:${await freePort()}`;
    for (const command of [['worker'], ['benchmark', '-c', 'bench.yaml']]) {
      const { status, message } = segloss(...command, '--queue', address);
      expect(status).toBe(2);
      expect(message).toEqual([expect.stringMatching(/^segloss: --queue: cannot use redis:\/\/me:\*\*\*@127\.0\.0\.1:\d+: .*ECONNREFUSED/)]); // prettier-ignore
    }
    expect(readdirSync(folder).sort()).not.toContain('runs');
  });

  it('an address of another kind is refused, and the address may come from the environment', () => {
    expect(segloss('worker', '--queue', 'http://x').message).toEqual([
      'segloss: --queue: wanted redis://HOST:PORT, rediss://HOST:PORT or postgres://USER@HOST/DATABASE, got "http://x"',
    ]);
    expect(segloss('worker').stderr).toMatch(/wanted an address, or one in SEGLOSS_QUEUE/);
    expect(segloss('benchmark', '-c', 'bench.yaml', '--queue').stderr).toMatch(/in SEGLOSS_QUEUE/);
  });
});

/** Process ids of the children of a process. */
function childrenOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
}
