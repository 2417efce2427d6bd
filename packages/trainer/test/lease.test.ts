// One process trains a run: on one host, in containers, on hosts that share a disk, and in races.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { DeathWatch } from '../src/run/death-watch';
import { writeCheckpoint } from '../src/checkpoint/store';
import { Lease } from '../src/run/lease';
import { ownIdentity } from '../src/run/process-identity';
import { RunFolder } from '../src/run/run-folder';
import { scratch } from './run-fixture';

let folder: string;
let remove: () => void;
let file: string;
beforeEach(() => {
  ({ folder, remove } = scratch());
  file = path.join(folder, 'lock');
});
afterEach(() => remove());

const quick = { beat: 20, stale: 200 };
const longAgo = new Date(0).toISOString();
const acquire = () => Lease.acquire(file, quick);
/** A lease as another process has left it. */
const leave = (others: object) => {
  const content = { ...ownIdentity(), token: 'other', heartbeat: new Date().toISOString(), ...others };
  writeFileSync(file, JSON.stringify(content));
};
const otherHost = { host: 'node-7', boot: 'another boot' };
const otherContainer = { pidNamespace: 'pid:[1]', pid: 1 };

describe('a lease', () => {
  it('is held by one at a time, and leaves nothing behind', async () => {
    const lease = await acquire();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      pid: process.pid,
      host: ownIdentity().host,
    });
    await expect(acquire()).rejects.toThrow(
      `is being trained by process ${process.pid} on ${ownIdentity().host}`,
    );
    lease.release();
    (await acquire()).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  const linux = process.platform === 'linux' ? it : it.skip;
  linux('is taken over where a new process has the process id of the owner', async () => {
    leave({ started: '1' }); // a container that was started again: process 1 is another one now
    const lease = await acquire();
    lease.check();
    lease.release();
  });

  linux('is taken over where the owner has no process any more', async () => {
    leave({ pid: 2 ** 22 + 1 }); // beyond the largest process id of Linux
    (await acquire()).release();
  });

  it('is refused while another host writes its heartbeat, whatever its process id means here', async () => {
    leave({ ...otherHost, pid: 2 ** 22 + 1 });
    await expect(acquire()).rejects.toThrow(
      /being trained by process \d+ on node-7; .* after its last heartbeat/,
    );
  });

  it('is taken over after a host has been silent, and says that it waits', async () => {
    leave({ ...otherHost, heartbeat: longAgo });
    const said: string[] = [];
    (await Lease.acquire(file, quick, (text) => said.push(text))).release();
    expect(said).toEqual([
      expect.stringMatching(/was last trained by process \d+ on node-7: watching for 0\.06 s/),
    ]);
  });

  it('is refused where the clock of another host is far behind, but its heartbeat goes on', async () => {
    let beats = 0;
    const again = () => leave({ ...otherHost, heartbeat: new Date(++beats).toISOString() });
    again();
    const timer = setInterval(again, 5);
    await expect(acquire()).rejects.toThrow('on node-7');
    clearInterval(timer);
  });

  it('is taken over after a host whose clock is ahead has been silent', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    leave({ ...otherHost, heartbeat: tomorrow });
    (await acquire()).release();
    leave({ ...otherHost, heartbeat: tomorrow });
    utimesSync(file, 0, 0); // the disk says how old it is
    (await acquire()).release();
  });

  it('is refused where the clock of another host is ahead, and its heartbeat goes on', async () => {
    let beats = Date.now() + 86_400_000;
    const again = () => leave({ ...otherHost, heartbeat: new Date(++beats).toISOString() });
    again();
    const timer = setInterval(again, 5);
    await expect(acquire()).rejects.toThrow('on node-7');
    clearInterval(timer);
  });

  linux('is refused while its owner on this machine is stopped, however long: it may resume', async () => {
    const child = spawn('sleep', ['60']);
    child.kill('SIGSTOP');
    const stat = () => readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ');
    while (stat()[2] !== 'T') await new Promise((resolve) => setTimeout(resolve, 5));
    leave({ pid: child.pid, started: stat()[21], heartbeat: longAgo });
    utimesSync(file, 0, 0);
    await expect(acquire()).rejects.toThrow(`process ${child.pid}`);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('exit', resolve));
    (await acquire()).release();
  });

  it('is refused while its owner listens in another container, even without heartbeats', async () => {
    leave({ ...otherContainer, heartbeat: longAgo });
    const watch = await DeathWatch.open(`${file}.other.sock`);
    await expect(acquire()).rejects.toThrow('being trained by process 1');
    watch.close();
  });

  linux('is taken over at once where the owner in another container was killed', async () => {
    const code = `require('net').createServer().listen(process.argv[1], () => console.log('listening'))`;
    const child = spawn(process.execPath, ['-e', code, `${file}.other.sock`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    leave(otherContainer); // its heartbeat is fresh
    await expect(acquire()).rejects.toThrow('being trained by process 1');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('exit', resolve));
    (await acquire()).release();
  });

  it('does not count an empty file as abandoned while its owner may be writing it', async () => {
    writeFileSync(file, '');
    await expect(acquire()).rejects.toThrow('being trained by another process');
    utimesSync(file, 0, 0);
    (await acquire()).release();
  });

  it('goes to one of many that find it abandoned', async () => {
    leave({ ...otherHost, heartbeat: longAgo });
    const all = await Promise.allSettled(Array.from({ length: 12 }, acquire));
    const won = all.filter((one) => one.status === 'fulfilled');
    expect(won).toHaveLength(1);
    won[0]!.value.check();
    won[0]!.value.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that was lost while a file was being written keeps the file from being published', async () => {
    // As of a process that was stopped for longer than the lease, and of one that resumed the run meanwhile.
    const run = new RunFolder(folder);
    const lease = await run.lease();
    run.write('STATUS', 'running\n');
    const content = {
      toJSON() {
        leave(otherHost);
        return { status: 'finished' };
      },
    };
    expect(() => run.write('summary.json', content)).toThrow('lost the run');
    const checkpoint = { tensors: {}, metadata: { epoch: '1' } };
    expect(() => writeCheckpoint(run.checkpoints, 'last', checkpoint, () => lease.check())).toThrow('lost the run'); // prettier-ignore
    expect(readdirSync(folder).filter((name) => !name.endsWith('.sock')).sort()).toEqual(['STATUS', 'checkpoints', 'lock']); // prettier-ignore
    expect(readdirSync(run.checkpoints)).toEqual([]);
    lease.release();
  });

  it('takes the drafts of a lost owner away before anything is read, so that none is published later', async () => {
    writeFileSync(path.join(folder, 'summary.json.0123abcd.new'), '');
    const lease = await new RunFolder(folder).lease();
    expect(readdirSync(folder)).toEqual(['lock', expect.stringMatching(/^lock\..*\.sock$/)]);
    lease.release();
  });

  it('that was lost refuses every write, and leaves the new owner alone', async () => {
    const lease = await acquire();
    leave(otherHost);
    expect(() => lease.check()).toThrow('lost the run, it is now trained by process');
    lease.release();
    expect(existsSync(file)).toBe(true);
  });

  it('whose file was removed refuses every write', async () => {
    const lease = await acquire();
    remove();
    expect(() => lease.check()).toThrow('its lock was removed');
    lease.release();
  });

  it('writes its heartbeat while this thread is busy', async () => {
    const lease = await acquire();
    const first = readFileSync(file, 'utf8');
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let i = 0; i < 1000 && readFileSync(file, 'utf8') === first; i++) Atomics.wait(pause, 0, 0, 10);
    const { heartbeat, token } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    expect(heartbeat! > (JSON.parse(first) as Record<string, string>)['heartbeat']!).toBe(true);
    expect(first).toContain(token);
    lease.release();
  });
});
