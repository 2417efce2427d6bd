// Offline runs of Weights & Biases, read back by a reader of the test's own: LevelDB's log format, and fields of wandb_internal.proto.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigError, readMetrics, runTraining } from '@segloss/trainer';

import { trackerOf, trackersOf } from '../src/logs/trackers/tracker.js';
import { transactionLog } from '../src/logs/trackers/wandb/transaction-log.js';
import { tinyRun, writeDataset } from './run-fixture.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'segloss-wandb-'));
  writeDataset(path.join(folder, 'data'), [0, 4, 8, 12]);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Records of a file: parts are joined, padding is left out. */
function recordsOf(bytes: Buffer): Buffer[] {
  expect(bytes.subarray(0, 7).toString('latin1')).toBe(':W&B\xe1\xbe\0');
  const records: Buffer[] = [];
  let open: Buffer[] = [];
  for (let at = 7; at < bytes.length;) {
    const room = 32768 - (at % 32768);
    if (room < 7) {
      at += room;
      continue;
    }
    const [length, kind] = [bytes.readUInt16LE(at + 4), bytes[at + 6]!];
    open.push(bytes.subarray(at + 7, at + 7 + length));
    at += 7 + length;
    if (kind !== 1 && kind !== 4) continue;
    records.push(Buffer.concat(open));
    open = [];
  }
  expect(open).toEqual([]);
  return records;
}

type Fields = Map<number, (number | Buffer)[]>;

/** Every field of a message by its number. */
function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Fields = new Map();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const value = type === WireType.Varint ? Number(reader.int64()) : Buffer.from(reader.bytes());
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

const message = (fields: Fields, field: number) => fieldsOf(fields.get(field)![0] as Buffer);
const text = (fields: Fields, field: number) => String(fields.get(field)![0]);
/** Names (1) and JSON (16) of repeated items. */
const itemsOf = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(
    (fields.get(1) ?? []).map((item) => {
      const pair = fieldsOf(item as Buffer);
      return [text(pair, 1), JSON.parse(text(pair, 16))];
    }),
  );

const [HISTORY, SUMMARY, RUN, EXIT] = [2, 3, 17, 18];

/** The offline run in a run folder. */
function offlineRun(home: string) {
  const folders = readdirSync(path.join(home, 'wandb'));
  expect(folders).toHaveLength(1);
  const [name] = folders as [string];
  const files = readdirSync(path.join(home, 'wandb', name)).filter((file) => file.endsWith('.wandb'));
  expect(files).toEqual([`run-${name.split('-').at(-1)}.wandb`]);
  const file = path.join(home, 'wandb', name, files[0]!);
  const records = recordsOf(readFileSync(file)).map(fieldsOf);
  const of = (field: number) => records.filter((record) => record.has(field)).map((record) => message(record, field)); // prettier-ignore
  return {
    name,
    file,
    records,
    run: of(RUN)[0]!,
    history: of(HISTORY),
    summary: of(SUMMARY),
    exit: of(EXIT),
  };
}

async function training(spec = 'wandb=mine', last = Infinity) {
  const notes: string[] = [];
  const stop = new AbortController();
  const loaded = tinyRun(folder, { epochs: 3, logs: { trackers: spec === '' ? [] : [spec] } });
  const { folder: home } = await runTraining(loaded, {
    signal: stop.signal,
    onEvent(event) {
      if (event.type === 'note') notes.push(event.text);
      if (event.type === 'epoch' && event.epoch >= last) stop.abort();
    },
  });
  return { home, notes: notes.filter((note) => note.includes('logs.trackers')) };
}

describe('the file of a run', () => {
  it("has the bytes of wandb's own writer, also where records are longer than a block or leave no room for a header", () => {
    const pattern = (length: number, period: number) => Uint8Array.from({ length }, (_, i) => i % period);
    const records = [Buffer.from('abc'), Buffer.alloc(0), pattern(32734, 251), Buffer.from('xy'), pattern(70000, 7)]; // prettier-ignore
    const bytes = transactionLog(records);
    // DataStore of wandb/sdk/internal/datastore.py wrote these
    expect(Buffer.from(bytes.subarray(0, 17)).toString('hex')).toBe('3a572642e1be00a9209d53030001616263');
    expect(bytes).toHaveLength(102798);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      'f46118aa2ff3f478da1ad3bffa368a220ad80d9267dabd025b4222c7a69323c4',
    );
    expect(recordsOf(Buffer.from(bytes)).map(({ length }) => length)).toEqual([3, 0, 32734, 2, 70000]);
  });
});

describe('a training', () => {
  it('writes configuration, every epoch, the last numbers and success', async () => {
    const { home, notes } = await training();
    const { name, records, run, history, summary, exit } = offlineRun(home);
    expect(notes).toEqual([]);
    expect(name).toMatch(/^offline-run-\d{8}_\d{6}-[0-9a-f]+$/);
    expect([text(run, 3), text(run, 8), name.endsWith(text(run, 1))]).toEqual(['mine', path.basename(home), true]); // prettier-ignore
    expect(itemsOf(message(run, 4))).toMatchObject({ loss: 'ce', epochs: 3, model: { widths: [2, 4] } });
    const { lines } = readMetrics(path.join(home, 'metrics.jsonl'));
    expect(history.map(itemsOf)).toEqual(
      lines.map(
        ({ epoch, loss, val }) =>
        expect.objectContaining({ _step: epoch, epoch, 'loss/total': loss, 'val/foregroundDice': val.foregroundDice }), // prettier-ignore
      ),
    );
    expect(history.map((each) => message(each, 2).get(1)![0])).toEqual([0, 1, 2]);
    expect(itemsOf(summary[0]!)['loss/total']).toBe(lines[2]!.loss);
    expect(exit.map((each) => each.get(1))).toEqual([[0]]);
    expect(records.map((record) => record.get(1)![0])).toEqual([0, 1, 2, 3, 4, 5]); // the running number
  });

  it('that is resumed continues the same run, and is uploaded again', async () => {
    const first = offlineRun((await training('wandb=mine', 0)).home);
    expect([first.history.length, first.exit.map((each) => each.get(1))]).toEqual([1, [[1]]]);
    writeFileSync(`${first.file}.synced`, ''); // as wandb sync leaves it
    const { home } = await training();
    const { name, history, exit } = offlineRun(home);
    expect([name, history.length, exit.map((each) => each.get(1))]).toEqual([first.name, 3, [[0]]]);
    expect(readdirSync(path.dirname(first.file))).toEqual([path.basename(first.file)]);
  });
});

describe('a run that had finished', () => {
  it('is written too when it is asked for, and left alone when nothing is new', async () => {
    await training('');
    const { home, notes } = await training();
    expect(notes).toEqual([]);
    const { file, history, exit } = offlineRun(home);
    expect([history.length, exit.map((each) => each.get(1))]).toEqual([3, [[0]]]);
    writeFileSync(`${file}.synced`, '');
    await training();
    expect(readdirSync(path.dirname(file))).toContain(`${path.basename(file)}.synced`);
  });

  it('gets event files, and refuses a wrong tracker', async () => {
    await training('');
    const { folder: home } = await runTraining(tinyRun(folder, { epochs: 3, logs: { tensorboard: true } }));
    expect(readdirSync(home)).toContain('events.out.tfevents.0.segloss');
    await expect(training('wanb')).rejects.toThrow('did you mean "wandb"?');
  });
});

describe('the tracker', () => {
  const started = { id: 'a1', classes: ['no', 'yes'], loss: 'ce', config: tinyRun('.').config };

  it('takes project, team, group and tags from the variables of wandb', async () => {
    const environment = { WANDB_PROJECT: 'p', WANDB_ENTITY: 'team', WANDB_RUN_GROUP: 'g', WANDB_TAGS: 'x,y' };
    await trackerOf('wandb', environment).start!({ ...started, folder });
    const { run } = offlineRun(folder);
    expect([2, 3, 6].map((field) => text(run, field))).toEqual(['team', 'p', 'g']);
    expect(run.get(10)!.map(String)).toEqual(['x', 'y']);
  });

  it('is refused beside another of its kind, which would write the same file', () => {
    expect(() => trackersOf(['wandb=a', 'wandb=b'])).toThrow(ConfigError);
    expect(() => trackersOf(['wandb=a', 'wandb=b'])).toThrow('wanted one tracker of each kind, got two');
  });

  it.each(['wandb=team/project', 'wandb='])('%s is refused', (spec) => {
    expect(() => trackerOf(spec, {})).toThrow(ConfigError);
    expect(() => trackerOf(spec, {})).toThrow(/wanted the name of a project/);
  });
});
