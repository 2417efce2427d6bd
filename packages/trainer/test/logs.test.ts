import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import {
  ModuleError,
  loadLoggers,
  MetricsLog,
  parseConfig,
  readMetrics,
  writeCsv,
  writeTensorboard,
  type MetricsLine,
} from '@segloss/trainer';
import fc from 'fast-check';

import { encodeEvent } from '../src/logs/tensorboard/event.js';
import { tfRecord } from '../src/logs/tensorboard/record.js';

const root = mkdtempSync(path.join(os.tmpdir(), 'segloss-logs-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => mkdtempSync(path.join(root, `${folders++}-`));

const head = { classes: ['background', 'polyp, flat'], loss: 'ce + l1' };
const line = (epoch: number, change: Partial<MetricsLine> = {}): MetricsLine => ({
  epoch,
  step: 4 * (epoch + 1),
  learningRate: 0.1,
  loss: 0.5 / (epoch + 1),
  terms: { ce: 0.25, l1: 0.125 },
  gradientNorm: 2,
  val: {
    loss: 0.75,
    terms: { ce: 0.5, l1: 0.25 },
    dice: [0.9, NaN],
    iou: [0.8, NaN],
    foregroundDice: NaN,
    foregroundIou: NaN,
    truth: [1, 0],
    soft: [0.75, 0.25],
    hard: [0.875, 0.125],
  },
  ...change,
});
const written = (epochs: number, file = path.join(newFolder(), 'metrics.jsonl')): string => {
  const log = MetricsLog.open(file, head);
  for (let epoch = 0; epoch < epochs; epoch++) log.append(line(epoch));
  return file;
};
const text = (file: string) => readFileSync(file, 'utf8');
const headText = '{"schemaVersion":1,"classes":["background","polyp, flat"],"loss":"ce + l1"}\n';

describe('metrics.jsonl', () => {
  it('is one line that says what it is about and one for each epoch, null for what is no number', () => {
    expect(text(written(1))).toBe(
      headText +
        '{"epoch":0,"step":4,"learningRate":0.1,"loss":0.5,"terms":{"ce":0.25,"l1":0.125},"gradientNorm":2,"val":' +
        '{"loss":0.75,"terms":{"ce":0.5,"l1":0.25},"dice":[0.9,null],"iou":[0.8,null],"foregroundDice":null,"foregroundIou":null,' +
        '"truth":[1,0],"soft":[0.75,0.25],"hard":[0.875,0.125]}}\n',
    );
  });

  it('is read as it was written', () => {
    const train = { truth: [0.5, 0.5], soft: [0.5, 0.5], hard: [1, 0] };
    const file = written(2);
    MetricsLog.open(file, head).append(line(2, { train, classes: head.classes }));
    expect(readMetrics(file)).toEqual({
      ...head,
      lines: [line(0), line(1), line(2, { train, classes: head.classes })],
    });
  });

  it('has the keys of a line in one order, whatever the order of the object', () => {
    const file = path.join(newFolder(), 'metrics.jsonl');
    const turned = Object.fromEntries(Object.entries(line(0)).reverse()) as unknown as MetricsLine;
    MetricsLog.open(file, head).append(turned);
    expect(text(file)).toBe(text(written(1)));
  });

  it('is cut after an epoch, and rewritten bit-identical', () => {
    const file = written(5);
    const whole = text(file);
    const log = MetricsLog.open(file, head);
    log.truncateAfter(2);
    expect(log.read().map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    log.append(line(3));
    log.append(line(4));
    expect(text(file)).toBe(whole);
    log.truncateAfter(9);
    expect(text(file)).toBe(whole);
    log.truncateAfter(-1);
    expect(text(file)).toBe(headText);
    log.append(line(0));
    expect(text(file)).toBe(text(written(1)));
  });

  it('drops what a crash has torn, wherever it was, and resumes bit-identical', () => {
    const whole = readFileSync(written(3));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.constantFrom('', '\n', '\0\0\0\n'),
        (cut, tail) => {
          const file = path.join(newFolder(), 'metrics.jsonl');
          const torn = Buffer.concat([whole.subarray(0, cut), Buffer.from(tail)]);
          // A newline behind a whole line is no tear.
          fc.pre(tail !== '\n' || whole[cut] !== 10);
          fc.pre(tail !== '\n' || (cut > 0 && whole[cut - 1] !== 10));
          writeFileSync(file, torn);
          const log = MetricsLog.open(file, head);
          const epochs = log.read().length;
          expect(epochs).toBe(Math.max(0, whole.subarray(0, cut).toString().split('\n').length - 2));
          for (let epoch = epochs; epoch < 3; epoch++) log.append(line(epoch));
          expect(readFileSync(file).equals(whole)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is not read by others with its torn line', () => {
    const file = written(2);
    appendFileSync(file, '{"epoch":2,"st');
    expect(readMetrics(file).lines).toEqual([line(0), line(1)]);
  });

  it('refuses a torn line in the middle, with its number', () => {
    const file = written(2);
    writeFileSync(file, text(file).replace('{"epoch":0', '{"epo'));
    expect(() => readMetrics(file)).toThrow(/wanted JSON on line 2 of .*metrics\.jsonl, got "\{\\"epo,/);
    expect(() => MetricsLog.open(file, head)).toThrow(RangeError);
  });

  it('refuses what is none, what is of another version, and what is of another training', () => {
    const file = path.join(newFolder(), 'metrics.jsonl');
    writeFileSync(file, '');
    expect(() => readMetrics(file)).toThrow('wanted a first line with schemaVersion 1, got none');
    writeFileSync(file, '{"schemaVersion":2,"classes":[],"loss":"ce"}\n');
    expect(() => readMetrics(file)).toThrow(/wanted schemaVersion 1 on the first line of .*, got 2/);
    const other = written(1);
    expect(() => MetricsLog.open(other, { ...head, loss: 'dice' })).toThrow(
      /wanted the log of .*"dice".*, got that of .*"ce \+ l1".*give each training a folder of its own/,
    );
    expect(text(other)).toBe(text(written(1)));
  });

  it('refuses an epoch that is there already, a clock, and lists of other lengths, and keeps the file', () => {
    const file = written(2);
    const log = MetricsLog.open(file, head);
    expect(() => log.append(line(1))).toThrow(
      new RangeError('MetricsLog: wanted an epoch after 1, got 1; cut the file with truncateAfter first'),
    );
    expect(() => log.append({ ...line(2), seconds: 1 } as MetricsLine)).toThrow(
      new TypeError(
        'MetricsLog: unknown option "seconds"; known options: epoch, step, learningRate, loss, terms, gradientNorm, val, train, classes',
      ),
    );
    expect(() => log.append(line(2, { val: { ...line(2).val, soft: [1] } }))).toThrow(
      new RangeError('MetricsLog: wanted 2 values of soft, one for each of background, polyp, flat, got 1'),
    );
    expect(text(file)).toBe(text(written(2)));
  });
});

describe('metrics.csv', () => {
  it('has a column for each number, and cells that are empty where there is none', () => {
    const file = written(1);
    MetricsLog.open(file, head).append(line(1, { train: { truth: [1, 0], soft: [1, 0], hard: [1, 0] } }));
    const csv = file.replace('jsonl', 'csv');
    writeCsv(file, csv);
    const [columns, first, second, end] = text(csv).split('\n');
    expect(columns).toBe(
      'epoch,step,learningRate,loss,terms.ce,terms.l1,gradientNorm,val.loss,val.terms.ce,val.terms.l1,' +
        'val.dice.background,"val.dice.polyp, flat",val.iou.background,"val.iou.polyp, flat",val.foregroundDice,val.foregroundIou,' +
        'val.truth.background,"val.truth.polyp, flat",val.soft.background,"val.soft.polyp, flat",' +
        'val.hard.background,"val.hard.polyp, flat",train.truth.background,"train.truth.polyp, flat",' +
        'train.soft.background,"train.soft.polyp, flat",train.hard.background,"train.hard.polyp, flat"',
    );
    expect(first).toBe('0,4,0.1,0.5,0.25,0.125,2,0.75,0.5,0.25,0.9,,0.8,,,,1,0,0.75,0.25,0.875,0.125,,,,,,');
    expect(second).toBe(
      '1,8,0.1,0.25,0.25,0.125,2,0.75,0.5,0.25,0.9,,0.8,,,,1,0,0.75,0.25,0.875,0.125,1,0,1,0,1,0',
    );
    expect(end).toBe('');
  });

  it('quotes what RFC 4180 has quoted', () => {
    const file = path.join(newFolder(), 'metrics.jsonl');
    MetricsLog.open(file, { ...head, classes: ['rest', 'a "b", c'] }).append(line(0));
    writeCsv(file, `${file}.csv`);
    expect(text(`${file}.csv`)).toContain(',"val.dice.a ""b"", c",');
  });

  it('is replaced as a whole, and nothing is left beside it', () => {
    const file = written(3);
    const csv = file.replace('jsonl', 'csv');
    writeCsv(file, csv);
    const { ino } = statSync(csv);
    MetricsLog.open(file, head).truncateAfter(0);
    writeCsv(file, csv);
    expect(text(csv).split('\n')).toHaveLength(3);
    expect(statSync(csv).ino).not.toBe(ino);
    expect(readdirSync(path.dirname(csv)).sort()).toEqual(['metrics.csv', 'metrics.jsonl']);
  });
});

const python = process.env['PYTHON'] ?? 'python3';
const reader = `
import json, sys
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util
events = []
for event in EventFileLoader(sys.argv[1]).Load():
    scalars = {v.tag: float(tensor_util.make_ndarray(v.tensor)) for v in event.summary.value}
    events.append([event.step, event.wall_time, event.file_version, scalars])
print(json.dumps(events))
`;
const hasTensorboard = spawnSync(python, ['-c', 'import tensorboard, numpy']).status === 0;

describe('events of TensorBoard', () => {
  it('are the bytes that its own writer makes', () => {
    // tensorboard 2.x in Python: RecordWriter and Event.SerializeToString of the same two events.
    const expected =
      '0f000000000000006d532b091a0d627261696e2e4576656e743a32fc9851293b000000000000001a23ac5c090000000000c0724010ac022a2d' +
      '0a180a1176616c2f646963652f706f6c797020c3a915cdcccc3d0a110a0a6c6f73732f746f74616c150000000010e245d3';
    const scalars = new Map([['val/dice/polyp é', 0.1], ['loss/total', 0]]); // prettier-ignore
    const events = [
      { wallTime: 0, step: 0, fileVersion: 'brain.Event:2' },
      { wallTime: 300, step: 300, scalars },
    ];
    expect(Buffer.concat(events.map((event) => tfRecord(encodeEvent(event)))).toString('hex')).toBe(expected);
  });

  it.each([
    [127, '107f'],
    [128, '108001'],
    [Number.MAX_SAFE_INTEGER, '10ffffffffffffff0f'],
  ])('have the step %d in seven bits a byte', (step, hex) => {
    expect(Buffer.from(encodeEvent({ wallTime: 0, step })).toString('hex')).toBe(hex);
  });

  it('are the same bytes whether they are written at once or epoch by epoch, which appends', () => {
    const file = path.join(newFolder(), 'metrics.jsonl');
    const log = MetricsLog.open(file, head);
    const inodes = [0, 1, 2].map((epoch) => {
      log.append(line(epoch));
      return statSync(writeTensorboard(file, path.dirname(file))).ino;
    });
    expect(new Set(inodes).size).toBe(1);
    const all = written(3);
    const bytes = readFileSync(writeTensorboard(all, path.dirname(all)));
    const events = path.join(path.dirname(file), 'events.out.tfevents.0.segloss');
    expect(readFileSync(events).equals(bytes)).toBe(true);

    log.truncateAfter(0);
    log.append(line(1, { loss: 9 }));
    expect(readFileSync(writeTensorboard(file, path.dirname(file))).length).toBeLessThan(bytes.length);
  });

  const scalars = (loss: number) => ({
    'loss/total': loss,
    'loss/ce': 0.25,
    'loss/l1': 0.125,
    learningRate: Math.fround(0.1),
    gradientNorm: 2,
    'val/loss/total': 0.75,
    'val/loss/ce': 0.5,
    'val/loss/l1': 0.25,
    'val/dice/background': Math.fround(0.9),
    'val/iou/background': Math.fround(0.8),
    'marginal/background/true': 1,
    'marginal/polyp, flat/true': 0,
    'marginal/background/soft': 0.75,
    'marginal/polyp, flat/soft': 0.25,
    'marginal/background/hard': 0.875,
    'marginal/polyp, flat/hard': 0.125,
  });
  const title = 'are read by TensorBoard';
  const test = () => {
    const file = written(2);
    const { stdout, stderr } = spawnSync(python, ['-c', reader, writeTensorboard(file, path.dirname(file))], {
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout || JSON.stringify(stderr))).toEqual([
      [0, 0, 'brain.Event:2', {}],
      [0, 0, '', scalars(0.5)],
      [1, 1, '', scalars(0.25)],
    ]);
  };
  if (hasTensorboard) it(title, test);
  else it.skip(`${title} (skipped: ${python} has no tensorboard)`, test);
});

describe('loggers of the user', () => {
  const folder = newFolder();
  const write = (name: string, source: string) => writeFileSync(path.join(folder, name), source);
  // Modules of the user's run in a world of their own: what they were told is read from a file.
  write(
    'good.mjs',
    `const { appendFileSync } = process.getBuiltinModule('node:fs'); // jest lets no module import
const note = (...what) => appendFileSync(new URL('told.jsonl', import.meta.url), JSON.stringify(what) + '\\n');
const slowly = (call, key) => async (what) => { await new Promise((r) => setTimeout(r, 5)); note(call, what[key]); };
export const whole = { start: slowly('start', 'id'), epoch: slowly('epoch', 'epoch'), end: slowly('end', 'status') };
export const made = () => ({ told: 0, epoch({ val }) { this.told += 1; note('made', this.told, val.loss); val.loss = 'changed'; } });
export default { epoch() { throw new Error('no network'); }, end() { throw new Error('still none'); } };
export const stuck = { epoch: () => new Promise(() => {}) };
export const number = 3;
export const empty = {};
`,
  );
  write('broken.mjs', 'export const a = ;\n');
  write(
    'typed.ts',
    `const { appendFileSync } = process.getBuiltinModule('node:fs');
export const typed = { epoch({ epoch }: { epoch: number }): void { appendFileSync(new URL('told.jsonl', import.meta.url), JSON.stringify(['typed', epoch]) + '\\n'); } };
`,
  );
  const told = (): unknown[] => {
    const file = path.join(folder, 'told.jsonl');
    const lines = text(file).trim().split('\n');
    rmSync(file);
    return lines.map((one) => JSON.parse(one) as unknown);
  };
  const run = { id: 'abc', folder, config: parseConfig({ data: { folder: 'demo' } }), ...head };

  const use = async (modules: string[], lines = [line(0), line(1)], patience = 60) => {
    const warnings: string[] = [];
    const loggers = await loadLoggers(modules, {
      folder,
      warn: (warning) => warnings.push(warning),
      patience,
    });
    loggers.start(run);
    for (const one of lines) loggers.epoch(one);
    await loggers.end({ status: 'ok' });
    return warnings;
  };

  it('are told in order, and waited for at the end', async () => {
    expect(await use(['./good.mjs#whole'])).toEqual([]);
    expect(told()).toEqual([['start', 'abc'], ['epoch', 0], ['epoch', 1], ['end', 'ok']]); // prettier-ignore
  });

  it('may be made by a function or be written in TypeScript, and cannot change what others are told', async () => {
    const lines = [line(0), line(1)];
    expect(await use(['./good.mjs#made', 'typed.ts#typed'], lines)).toEqual([]);
    expect(told()).toEqual(expect.arrayContaining([['made', 1, 0.75], ['made', 2, 0.75], ['typed', 0], ['typed', 1]])); // prettier-ignore
    expect(lines).toEqual([line(0), line(1)]);
  });

  it('that fail are reported once, and those beside them go on', async () => {
    expect(await use(['./good.mjs', './good.mjs#whole'])).toEqual([
      'logs.plugins: ./good.mjs: epoch: no network; training continues',
    ]);
    expect(told()).toContainEqual(['end', 'ok']);
  });

  it('that hang do not hold the end', async () => {
    expect(await use(['./good.mjs#stuck'], [line(0), line(1)], 0.2)).toEqual([
      'logs.plugins: ./good.mjs#stuck: not done 0.2 s after the end; training continues',
    ]);
  });

  it.each([
    ['./none.mjs#a', 'wanted a module, got no file at'],
    ['./good.mjs#nothing', 'got exports: default, empty, made, number, stuck, whole'],
    [
      './good.mjs#number',
      'wanted a logger, { start?, epoch?, end? } or a function that returns it, got number',
    ],
    ['./good.mjs#empty', 'wanted a logger'],
    ['./broken.mjs#a', 'cannot be loaded'],
  ])('%s is refused before the training: %s', async (name, message) => {
    const loading = loadLoggers([name], { folder, warn: () => undefined });
    await expect(loading).rejects.toBeInstanceOf(ModuleError);
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toThrow(name);
  });
});
