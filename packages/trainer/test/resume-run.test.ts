// What a stopped run does when it is started again: it misses nothing, mixes nothing, and says what is different.
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { planRun, runState, runTraining, type OpenedImages, type RunEvent } from '@segloss/trainer';

import { scratch, tinyRun, writeDataset } from './run-fixture';

let folder: string;
let remove: () => void;
let home: string;
let notes: string[];
const file = (name: string) => path.join(home, name);
const text = (name: string) => readFileSync(file(name), 'utf8');
const json = (name: string) => JSON.parse(text(name)) as Record<string, unknown>;

/** Trains until an event tells otherwise; the folder is `home`. */
async function run(stop: (event: RunEvent) => boolean = () => false, keys: object = {}) {
  const interrupt = new AbortController();
  notes = [];
  const onEvent = (event: RunEvent) => {
    if (event.type === 'note') notes.push(event.text);
    if (event.type === 'run.start') home = event.folder;
    if (stop(event)) interrupt.abort();
  };
  const loaded = tinyRun(folder, { epochs: 4, checkpoint: { everySteps: 1 }, ...keys });
  return runTraining(loaded, { onEvent, signal: interrupt.signal });
}
const inEpoch = (epoch: number) => (event: RunEvent) => event.type === 'step' && event.epoch === epoch;

beforeEach(() => {
  ({ folder, remove } = scratch());
  writeDataset(path.join(folder, 'data'), [2, 4, 6, 8, 10, 12]);
});
afterEach(() => remove());

describe('a resumed run', () => {
  it.each<[string, () => void]>([
    ['lost', () => rmSync(file('metrics.jsonl'))],
    ['cut short', () => writeFileSync(file('metrics.jsonl'), text('metrics.jsonl').split('\n').slice(0, 2).join('\n') + '\n')], // prettier-ignore
    ['changed', () => writeFileSync(file('metrics.jsonl'), text('metrics.jsonl').replace(/"loss":0\.\d/, '"loss":0.0'))], // prettier-ignore
  ])('restores metrics.jsonl that was %s, and says so', async (_what, harm) => {
    await run();
    const undisturbed = ['metrics.jsonl', 'metrics.csv', 'scores.json'].map(text);
    rmSync(home, { recursive: true });

    const { summary } = await run(inEpoch(2));
    expect(summary).toMatchObject({ status: 'interrupted', epochs: 2 });
    harm();
    const rest = await run();
    expect(notes.join('\n')).toMatch(/metrics\.jsonl: .*; restored from the checkpoint/);
    expect(rest.summary.epochs).toBe(4);
    expect(['metrics.jsonl', 'metrics.csv', 'scores.json'].map(text)).toEqual(undisturbed);
  });

  it('says nothing where nothing happened', async () => {
    await run(inEpoch(1));
    await run();
    expect(notes).toEqual([expect.stringMatching(/^resumed at epoch \d/)]);
    expect(json('env.json')['earlier']).toBeUndefined();
  });

  it('keeps both environments and announces that they differ', async () => {
    await run(inEpoch(1));
    const before = json('env.json');
    writeFileSync(file('env.json'), JSON.stringify({ ...before, node: 'v18.0.0', v8: '10.2' }));
    await run();
    expect(notes.join('\n')).toMatch(
      /resumed in another environment \(node v18\.0\.0, now v\d.*; v8 10\.2, now /,
    );
    expect(json('env.json')).toMatchObject({ node: process.version, earlier: [{ node: 'v18.0.0' }] });
  });

  it('announces another backend, which decides the last bits', async () => {
    await run(inEpoch(1));
    writeFileSync(file('env.json'), text('env.json').replace('"name": "wasm"', '"name": "webgpu"'));
    await run();
    expect(notes.join('\n')).toContain('backend webgpu, now wasm');
  });

  it('says that the last attempt could not write its status', async () => {
    await run(inEpoch(1));
    writeFileSync(file('STATUS'), 'running\n');
    await run();
    expect(notes).toContain('the last attempt ended without a status: it was killed, or could not write');
  });

  it('removes the drafts of a killed process', async () => {
    await run(inEpoch(1));
    const drafts = ['summary.json.new', 'lock.a1.tmp', 'lock.a1.sock'];
    for (const name of drafts) writeFileSync(file(name), '');
    for (const name of drafts) utimesSync(file(name), 0, 0);
    writeFileSync(file('checkpoints/last.safetensors.7.tmp'), '');
    await run();
    const left = [...readdirSync(home), ...readdirSync(file('checkpoints'))];
    expect(left.filter((name) => /\.(new|tmp|sock)$|^lock/.test(name))).toEqual([]);
  });

  it('is another run on corrected masks', async () => {
    await run(inEpoch(1));
    const stopped = home;
    writeDataset(path.join(folder, 'data'), [2, 4, 6, 8, 10, 13]);
    const { summary } = await run();
    expect(home).not.toBe(stopped);
    expect(summary.epochs).toBe(4);
    expect(readFileSync(path.join(stopped, 'STATUS'), 'utf8')).toBe('interrupted\n');
  });
});

describe('a finished run that lost a file', () => {
  it.each(['scores.json', 'examples.json', 'summary.json', 'metrics.jsonl', 'dataset.json'])(
    'says so and writes %s again, bit-identical',
    async (name) => {
      await run();
      const before = text(name);
      rmSync(file(name));
      const { summary } = await run();
      expect(notes[0]).toBe(`${home} had finished, but ${name} is missing or incomplete`);
      expect(summary).toMatchObject({ status: 'finished', epochs: 4 });
      expect(text(name)).toBe(before);
      await run();
      expect(notes).toEqual([`resumed: ${home} has finished before; --fresh trains anew`]);
    },
  );

  it.each<[string, () => void]>([
    ['lost', () => rmSync(file('checkpoints/last.safetensors'))],
    ['cut short', () => truncateSync(file('checkpoints/last.safetensors'), 1000)],
    ['emptied', () => writeFileSync(file('checkpoints/last.safetensors'), '')],
  ])('trains the last epoch again where the last weights were %s', async (_what, harm) => {
    const { summary } = await run();
    harm();
    const again = await run();
    expect(notes.join('\n')).toContain('checkpoints/last.safetensors is missing or incomplete');
    expect(again.summary.weightsSha256).toBe(summary.weightsSha256);
  });

  it.each<[string, () => void]>([
    ['lost', () => rmSync(file('checkpoints/best.safetensors'))],
    ['cut short', () => truncateSync(file('checkpoints/best.safetensors'), 1000)],
  ])(
    'is refused with the remedy where the best weights were %s, and keeps its scores',
    async (_what, harm) => {
      await run();
      const before = ['STATUS', 'summary.json', 'scores.json'].map(text);
      harm();
      await expect(run()).rejects.toThrow(
        /had finished, but checkpoints\/best\.safetensors is missing or incomplete; restore the file, or train anew with --fresh/,
      );
      expect(['STATUS', 'summary.json', 'scores.json'].map(text)).toEqual(before);
      expect(runState(home)).toBe('finished');
      expect((await planRun(tinyRun(folder, { epochs: 4, checkpoint: { everySteps: 1 } }))).state).toBe(
        'interrupted',
      );
    },
  );
});

describe('a stopped run that lost its best weights', () => {
  it('is refused, as its end would have none', async () => {
    await run(inEpoch(2));
    rmSync(file('checkpoints/best.safetensors'));
    await expect(run()).rejects.toThrow(/best\.safetensors.*; restore the file, or train anew with --fresh/);
  });
});

describe('a run that lost its lease', () => {
  it('stops before it writes again', async () => {
    let before = '';
    const stolen = run((event) => {
      if (event.type === 'epoch' && event.epoch === 0) {
        writeFileSync(
          file('lock'),
          JSON.stringify({ ...json('lock'), token: 'thief', host: 'node-7', pid: 3 }),
        );
        before = text('metrics.jsonl');
      }
      return false;
    });
    await expect(stolen).rejects.toThrow('lost the run, it is now trained by process 3 on node-7');
    expect(text('metrics.jsonl')).toBe(before);
    expect(text('STATUS')).toBe('running\n');
    expect(existsSync(file('summary.json'))).toBe(false);
  });
});

describe('a run whose disk hangs', () => {
  it('is saved when it is stopped, and resumes bit-identical', async () => {
    const undisturbed = await run();
    const whole = ['metrics.jsonl', 'scores.json'].map(text);
    rmSync(home, { recursive: true });

    const opened: OpenedImages = new Map();
    const loaded = tinyRun(folder, { epochs: 4, checkpoint: { everySteps: 1 } });
    const { images } = await planRun(loaded, { opened });
    const interrupt = new AbortController();
    let loads = 0;
    const train = images.train.map((source) => ({
      ...source,
      load() {
        if (++loads < 4) return source.load();
        setTimeout(() => interrupt.abort(), 200); // the training waits for this image by then
        return new Promise<never>(() => undefined);
      },
    }));
    for (const key of opened.keys()) opened.set(key, Promise.resolve({ ...images, train }));
    const { summary } = await runTraining(loaded, { opened, signal: interrupt.signal });
    expect(summary).toMatchObject({ id: undisturbed.summary.id, status: 'interrupted' });
    expect(loads).toBe(train.length); // two updates are read ahead
    expect(train).toHaveLength(5);
    await run();
    expect(notes).toEqual([expect.stringMatching(/^resumed at epoch 0, step 1$/)]);
    expect(['metrics.jsonl', 'scores.json'].map(text)).toEqual(whole);
  });
});

describe('images of different sizes', () => {
  it('are refused at their original sizes, with the key that helps', async () => {
    writeDataset(path.join(folder, 'data'), [2, 4, 6, 8, 10, 12]);
    writeDataset(path.join(folder, 'data'), [2], 24);
    await expect(
      run(undefined, { data: { folder: path.join(folder, 'data'), size: 'original' } }),
    ).rejects.toThrow(/wanted images of one size, got .*; set data\.size to resize them/);
    expect(json('summary.json')).toMatchObject({ status: 'failed' });
  });
});
