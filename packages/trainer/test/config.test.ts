import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import {
  ConfigError,
  configJsonSchema,
  configKeys,
  configToYaml,
  loadConfig,
  parseConfig,
  presets,
  runId,
  type LoadConfigOptions,
  type LoadedConfig,
} from '@segloss/trainer';
import Ajv from 'ajv';
import fc from 'fast-check';
import { parse } from 'yaml';

const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};
const load = (text: string, options: LoadConfigOptions = {}): Promise<LoadedConfig> => {
  write('run.yaml', text);
  return loadConfig('run.yaml', { cwd: folder, ...options });
};
/** The lines of what is wrong with a configuration. */
const refusal = async (text: string, ...set: string[]): Promise<string[]> => {
  const error: unknown = await load(text, { set }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message.split('\n');
};
const data = 'data: { folder: demo }\n';

describe('a configuration', () => {
  it('needs the data only, and has every default', async () => {
    const { config, origin, file, folder: home } = await load(data);
    expect(config).toEqual({
      data: { folder: 'demo', workers: 0, normalize: 'auto' },
      model: { name: 'unet' },
      loss: 'ce',
      optimizer: {
        name: 'adam',
        learningRate: 1e-3,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-7,
        weightDecay: 0,
      },
      gradient: { accumulate: 1 },
      schedule: { name: 'constant' },
      updates: 1000,
      batchSize: 8,
      seed: 0,
      augment: 'flip',
      backend: 'auto',
      threads: 1,
      batchNormStatistics: 'running',
      outputBias: 'zero',
      validation: { tta: false },
      monitor: { metric: 'foregroundDice', mode: 'max' },
      checkpoint: {},
      logs: { csv: true, tensorboard: false, plugins: [], trackers: [] },
      out: path.join(folder, 'runs'),
    });
    expect([file, home]).toEqual([path.join(folder, 'run.yaml'), folder]);
    expect(origin).toMatchObject({
      'data.folder': 'run.yaml:1',
      updates: 'default',
      'monitor.mode': 'default',
    });
    expect(parseConfig({ data: { folder: 'demo' } })).toEqual({ ...config, out: 'runs' });
  });

  it.each([
    [
      'adamw',
      { name: 'adamw', learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.01 },
    ],
    ['sgd', { name: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false, weightDecay: 0 }],
  ])('knows the defaults of the optimizer %s', (name, optimizer) => {
    expect(parseConfig({ data: { folder: 'demo' }, optimizer: { name } }).optimizer).toEqual(optimizer);
  });

  it.each([
    [{ name: 'poly' }, { name: 'poly', power: 0.9, minimum: 0 }],
    [{ name: 'cosine' }, { name: 'cosine', minimum: 0 }],
    [
      { name: 'step', every: 3 },
      { name: 'step', every: 3, factor: 0.1 },
    ],
    [{ name: 'plateau' }, { name: 'plateau', factor: 0.5, patience: 3, minimum: 0, threshold: 1e-4 }],
    [{ name: 'one-cycle' }, { name: 'one-cycle', divide: 25, finalDivide: 1e4, rise: 0.3 }],
    [{ warmup: {} }, { name: 'constant', warmup: { epochs: 1, from: 0 } }],
    [{ warmup: { updates: 9 } }, { name: 'constant', warmup: { updates: 9, from: 0 } }],
  ])('knows the defaults of the schedule %j', (given, schedule) => {
    expect(parseConfig({ data: { folder: 'demo' }, schedule: given }).schedule).toEqual(schedule);
  });

  it('puts a base below the file, and flags and --set above', async () => {
    write(
      'base/base.yaml',
      'epochs: 3\nbatchSize: 2\noptimizer:\n  learningRate: 0.5\n  beta1: 0.8\ndata: { folder: images }\n',
    );
    write('middle.yaml', '# comment\nextends: base/base.yaml\nbatchSize: 4\noptimizer: { beta2: 0.99 }\n');
    const { config, origin } = await load(
      'extends: middle.yaml\nseed: 5\nlogs: { plugins: [mine.mjs#a] }\n',
      {
        flags: { epochs: 7, 'optimizer.learningRate': 0.25, seed: undefined },
        set: ['optimizer.beta1=0.7', 'data.size=[32, 64]', 'epochs=8', 'epochs=9'],
      },
    );
    expect(config).toMatchObject({ epochs: 9, batchSize: 4, seed: 5, data: { size: [32, 64] } });
    expect(config.optimizer).toMatchObject({ learningRate: 0.25, beta1: 0.7, beta2: 0.99 });
    expect(origin).toMatchObject({
      batchSize: 'middle.yaml:3',
      'optimizer.beta2': 'middle.yaml:4',
      'optimizer.beta1': '--set',
      'optimizer.learningRate': '--learning-rate',
      'data.folder': 'base/base.yaml:6',
      'logs.plugins': 'run.yaml:3',
      epochs: '--set',
      'optimizer.epsilon': 'default',
    });
  });

  it('starts relative paths from the file they stand in, those of --set from the current folder', async () => {
    write('base/base.yaml', 'data: { folder: images }\nloss: ce + 0.5*./mine.ts#a\nmodel: { name: ./net.mjs#build, weights: [../w] }\nout: results\n'); // prettier-ignore
    write('a b/run.yaml', 'extends: ../base/base.yaml\nlogs: { plugins: [./log.mjs] }\n');
    const { config } = await loadConfig('a b/run.yaml', {
      cwd: folder,
      set: ['model.encoderWeights=./e.safetensors'],
    });
    const at = (name: string) => path.join(folder, name);
    expect(config).toMatchObject({
      data: { folder: at('base/images') },
      loss: 'ce + 0.5*../base/mine.ts#a',
      model: { name: at('base/net.mjs#build'), weights: [at('w')], encoderWeights: at('e.safetensors') },
      out: at('base/results'),
      logs: { plugins: [at('a b/log.mjs')] },
    });
    await expect(loadConfig('run.yaml', { cwd: folder, set: ['loss=./a b/mine.ts'] })).rejects.toBeInstanceOf(
      ConfigError,
    );
  });

  it('knows modules in a loss from the folder of the file, also those of --set', async () => {
    write('a b/run.yaml', data);
    const loss = async (spec: string) =>
      (await loadConfig('a b/run.yaml', { cwd: folder, set: [`loss=${spec}`] })).config.loss;
    expect(await loss('ce + ./mine.ts#a(scale=2)')).toBe('ce + ../mine.ts#a(scale=2)');
    expect(await loss(`${folder}/mine.ts`)).toBe(`${folder}/mine.ts`);
    await expect(loss('ce + ./mine.ts#a +')).rejects.toThrow('wanted a loss, got nothing');
  });

  it('says when a loss cannot name a module from another folder', async () => {
    write('a b/base.yaml', 'loss: ./mine.ts#a\n');
    expect(await refusal(`extends: a b/base.yaml\n${data}`)).toEqual([
      'configuration: loss: a spec cannot hold the path of this module',
      '  at a b/base.yaml:1',
      '  got ./a b/mine.ts#a; wanted a path without spaces and + * ( ) [ ] = , #',
      '  put the module next to the configuration, and write ./mine.ts#name',
    ]);
  });

  it('replaces lists, and starts an optimizer, schedule or model of another name anew', async () => {
    write('base.yaml', 'optimizer: { name: sgd, momentum: 0.9, learningRate: 1 }\nschedule: { name: poly, power: 2 }\nmodel: { widths: [4, 8], norm: batch }\nlogs: { plugins: [a.mjs, b.mjs] }\n'); // prettier-ignore
    const { config } = await load(
      `extends: base.yaml\n${data}optimizer: { name: adam }\nschedule: { minimum: 0.1 }\nmodel: { name: unet, widths: [2] }\nlogs: { plugins: [c.mjs] }\n`,
    );
    expect(config.optimizer).toMatchObject({ name: 'adam', learningRate: 1e-3 });
    expect(config.schedule).toEqual({ name: 'poly', power: 2, minimum: 0.1 });
    expect(config.model).toEqual({ name: 'unet', widths: [2], norm: 'batch' });
    expect(config.logs.plugins).toEqual([path.join(folder, 'c.mjs')]);
  });

  it('takes a key back to its default with null', async () => {
    write('base.yaml', 'epochs: 3\nearlyStopping: { patience: 2 }\nmodel: { norm: batch }\nout: there\n');
    const { config, origin } = await load(
      `extends: base.yaml\n${data}epochs:\nearlyStopping: null\nout: ~\n`,
      {
        set: ['model.norm='],
      },
    );
    expect(config).toMatchObject({ updates: 1000, model: { name: 'unet' }, out: path.join(folder, 'runs') });
    expect([config.earlyStopping, 'norm' in config.model, origin['updates']]).toEqual([
      undefined,
      false,
      'default',
    ]);
  });

  it('follows anchors, and knows their lines', async () => {
    const { config, origin } = await load(
      'data:\n  folder: demo\n  size: &side [8, 8]\nmodel:\n  crop: *side\n',
    );
    expect(config.model).toEqual({ name: 'unet', crop: [8, 8] });
    expect(origin['model.crop']).toBe('run.yaml:5');
  });
});

describe('a value of a file that the command line replaces', () => {
  const text = 'data: { folder: demo }\nloss: ce\nepochs: 20\noptimizer:\n  name: adam\n  beta1: 0.8\n';

  it('is named, with the line of the file and the flag', async () => {
    const file = write('replaced.yaml', text);
    const flags = { epochs: 5, loss: 'ce', 'data.folder': 'other', seed: undefined };
    const { replaced } = await loadConfig(file, {
      flags,
      set: ['optimizer.name=sgd', 'epochs=6'],
      cwd: folder,
    });
    expect(replaced).toEqual([
      '--epochs replaces epochs: 20 (replaced.yaml:3) with 5',
      expect.stringMatching(/^--data replaces data\.folder: "demo" \(replaced\.yaml:1\) with ".*other"$/),
      '--set replaces optimizer.name: "adam" (replaced.yaml:5) with "sgd"',
      '--set drops optimizer.beta1: 0.8 (replaced.yaml:6)',
      '--set replaces epochs: 5 (--epochs) with 6',
    ]);
  });

  it('is not named where nothing is replaced', async () => {
    const file = write('kept.yaml', text);
    const { replaced } = await loadConfig(file, { flags: { batchSize: 3, epochs: 20 }, cwd: folder });
    expect(replaced).toEqual([]);
  });
});

describe('what is wrong with a configuration is said in four lines', () => {
  it.each<[string, string, string[], string[]]>([
    [
      'a typo',
      `${data}optimiser: { name: sgd }\n`,
      [],
      [
        'configuration: unknown key "optimiser"',
        '  at run.yaml:2',
        '  known keys: data, model, loss, optimizer, gradient, schedule, updates, epochs, batchSize, seed, fold, innerFold, augment, backend, threads, batchNormStatistics, outputBias, ema, validation, monitor, earlyStopping, checkpoint, logs, out', // prettier-ignore
        '  did you mean "optimizer"?',
      ],
    ],
    [
      'a typo further down',
      `${data}optimizer:\n  name: sgd\n  lerningRate: 1\n`,
      [],
      [
        'configuration: unknown key "optimizer.lerningRate"',
        '  at run.yaml:4',
        '  known keys of sgd: name, learningRate, momentum, nesterov, weightDecay',
        '  did you mean "learningRate"?',
      ],
    ],
    [
      'a key of another optimizer',
      `${data}optimizer: { momentum: 1 }\n`,
      [],
      [
        'configuration: unknown key "optimizer.momentum"',
        '  at run.yaml:2',
        '  known keys of adam: name, learningRate, beta1, beta2, epsilon, weightDecay',
        '  remove it',
      ],
    ],
    [
      'a key of a benchmark file',
      `${data}grid: { loss: [ce, dice] }\n`,
      [],
      [
        'configuration: unknown key "grid"',
        '  at run.yaml:2',
        expect.stringMatching(/^ {2}known keys: data, /) as unknown as string,
        '  this is a key of a benchmark file: train it with segloss benchmark -c FILE',
      ],
    ],
    [
      'an unknown key that is null',
      `${data}epoch: null\n`,
      [],
      [
        'configuration: unknown key "epoch"',
        '  at run.yaml:2',
        expect.stringMatching(/^ {2}known keys: data, /) as unknown as string,
        '  did you mean "epochs"?',
      ],
    ],
    [
      'an unknown key of --set',
      data,
      ['shedule.name=poly'],
      [
        'configuration: unknown key "shedule"',
        '  at --set',
        expect.stringMatching(/^ {2}known keys: data, /) as unknown as string,
        '  did you mean "schedule"?',
      ],
    ],
    [
      'an unknown name',
      `${data}schedule:\n  name: polly\n`,
      [],
      [
        'configuration: schedule.name: none of the known',
        '  at run.yaml:3',
        '  got "polly"; wanted: one of constant, poly, cosine, step, plateau, one-cycle',
        '  did you mean "poly"?',
      ],
    ],
    [
      'a wrong kind',
      `${data}epochs: many\n`,
      [],
      [
        'configuration: epochs: expected number, received string',
        '  at run.yaml:2',
        '  got "many"; wanted: Number of epochs (passes over the training images), 1 or more; by default `updates` decides',
        '  change the value',
      ],
    ],
    [
      'a wrong value of --set',
      data,
      ['batchSize=0'],
      [
        'configuration: batchSize: too small: expected number to be >=1',
        '  at --set',
        '  got 0; wanted: Images per batch, 1 or more',
        '  change the value, or leave it out: the default is 8',
      ],
    ],
    [
      'a word of a list',
      `${data}augment: flips\n`,
      [],
      [
        'configuration: augment: expected one of "none"|"flip"|"volume"|"retinal-lesions"|"cityscapes"|"polyp"',
        '  at run.yaml:2',
        '  got "flips"; wanted: Augmentation of the training images: `none`, `flip`, `volume`, `retinal-lesions`, `cityscapes`, `polyp`; `volume` rotates, scales, mirrors and brightens volumes; one of none, flip, volume, retinal-lesions, cityscapes, polyp', // prettier-ignore
        '  did you mean "flip"?',
      ],
    ],
    [
      'a missing key',
      'epochs: 3\n',
      [],
      [
        'configuration: data.folder: is missing',
        '  at run.yaml:1',
        '  got nothing; wanted: Folder of images and masks (`segloss data check FOLDER` says whether it can be read), or a built-in data set: `demo`, `demo:rare`, `demo:mixed`, `demo:large`, `demo:nuclei`',
        '  add data.folder to the file, or pass --set data.folder=...',
      ],
    ],
    [
      'a loss',
      `${data}loss: ce + l3\n`,
      [],
      [
        expect.stringMatching(
          /^configuration: loss: loss spec "ce \+ l3" at 5: unknown loss "l3" .*; all losses: `segloss losses`/,
        ) as unknown as string,
        '  at run.yaml:2',
        '  got "ce + l3"; wanted: Loss spec, as in `ce + 0.5*l1(temperature=10)`; `segloss losses` lists the names, and a module of your own is `./mine.ts#name`',
        '  change the value, or leave it out: the default is "ce"',
      ],
    ],
    [
      'a list with a wrong item',
      'data:\n  folder: demo\n  normalize:\n    mean: [0.5, x]\n    std: [1, 1]\n',
      [],
      [
        'configuration: data.normalize.mean.1: expected number, received string',
        '  at run.yaml:4',
        '  got "x"; wanted: Mean of each channel, which is subtracted; images have values from 0 to 1',
        '  change the value',
      ],
    ],
    [
      'a typo in one of two forms',
      'data:\n  folder: demo\n  normalize: { mean: [0], std: [1], sdt: 2 }\n',
      [],
      [
        'configuration: unknown key "data.normalize.sdt"',
        '  at run.yaml:3',
        '  known keys: mean, std',
        '  did you mean "std"?',
      ],
    ],
    [
      'a mapping where a word is wanted',
      `${data}seed: { a: 1 }\n`,
      [],
      [
        'configuration: seed: expected number, received object',
        '  at run.yaml:2',
        '  got {"a":1}; wanted: Seed of initial weights, order of the images, augmentation and dropout, 0 to 2147483647',
        '  change the value, or leave it out: the default is 0',
      ],
    ],
    [
      'a recipe without a size',
      `${data}augment: polyp\n`,
      [],
      [
        'configuration: data.size: the recipe polyp produces images of one size: set data.size',
        '  at run.yaml:1',
        '  got nothing; wanted: Size in pixels that images and masks are resized to: a number, [height, width], or [depth, height, width] of volumes and patches, 8 or more (depth 1 or more); `auto` keeps the aspect ratio of images and slices at no more than about 128 x 128 pixels; `original`, the default, keeps their size, as `auto` does for whole volumes',
        '  add data.size to the file, or pass --set data.size=...',
      ],
    ],
    [
      'both ways to clip',
      `${data}gradient: { clipNorm: 1, clipValue: 2 }\n`,
      [],
      [
        'configuration: gradient.clipValue: clipNorm and clipValue exclude each other',
        '  at run.yaml:2',
        '  got 2; wanted: Largest absolute value of an element of the gradient, above 0; excludes clipNorm',
        '  change the value',
      ],
    ],
    [
      'Nesterov without momentum',
      `${data}optimizer: { name: sgd, nesterov: true }\n`,
      [],
      [
        'configuration: optimizer.nesterov: Nesterov momentum needs a momentum above 0',
        '  at run.yaml:2',
        '  got true; wanted: Nesterov momentum; needs a momentum above 0',
        '  change the value, or leave it out: the default is false',
      ],
    ],
    [
      'statistics of different lengths',
      'data: { folder: demo, normalize: { mean: [0], std: [1, 1] } }\n',
      [],
      [
        'configuration: data.normalize: mean and std must have the same number of channels, got 1 and 2',
        '  at run.yaml:1',
        '  got {"mean":[0],"std":[1,1]}; wanted: `{ mean, std }`, a list of one number per channel each; `none`, which keeps values from 0 to 1; or `auto`: the mean and std that belong to weights of a hub (`model.encoderWeights`), otherwise `none`',
        '  change the value, or leave it out: the default is "auto"',
      ],
    ],
    [
      'no YAML',
      `${data}model: { name: unet\n`,
      [],
      [
        'configuration: this is not YAML',
        '  at run.yaml:3',
        expect.stringMatching(/^ {2}got: Flow map .* end with a \}/) as unknown as string,
        '  check the indentation, and quote text with : # [ ] { } or a leading * & ! | > % @',
      ],
    ],
    [
      'a key that stands twice',
      `${data}epochs: 3\nepochs: 4\n`,
      [],
      [
        'configuration: this is not YAML',
        '  at run.yaml:3',
        '  got: Map keys must be unique',
        '  check the indentation, and quote text with : # [ ] { } or a leading * & ! | > % @',
      ],
    ],
    [
      'a list in the place of keys',
      '- epochs: 3\n',
      [],
      [
        'configuration: wanted a mapping of keys',
        '  at run.yaml',
        '  got a list; wanted lines such as "epochs: 20"',
        '  write one key in each line; `segloss config schema` lists them',
      ],
    ],
    [
      '--set without a value',
      data,
      ['epochs'],
      [
        'configuration: this sets nothing',
        '  at --set epochs',
        '  got "epochs"; wanted key=value',
        '  write for example --set optimizer.name=sgd',
      ],
    ],
    [
      '--set into a list',
      data,
      ['logs.plugins.0=./a.mjs'],
      [
        'configuration: a list is set as a whole',
        '  at --set logs.plugins.0=./a.mjs',
        '  got logs.plugins.0; wanted all of its items',
        '  write --set "logs.plugins=[a, b]"',
      ],
    ],
    [
      'a base that is missing',
      `${data}extends: nowhere.yaml\n`,
      [],
      [
        'configuration: no such file: nowhere.yaml',
        '  at run.yaml:2',
        `  got no file at ${path.join(folder, 'nowhere.yaml')}; wanted a configuration in YAML`,
        '  check the path, or name a preset: `segloss config presets` lists them',
      ],
    ],
    [
      'two bases',
      `${data}extends: [a.yaml, b.yaml]\n`,
      [],
      [
        'configuration: extends: wanted one file or preset',
        '  at run.yaml:2',
        '  got ["a.yaml","b.yaml"]; wanted "base.yaml" or "preset:NAME"',
        '  name one base; that base may name one of its own',
      ],
    ],
    [
      'a preset with a typo',
      `${data}extends: preset:polyp-ce-l2\n`,
      [],
      [
        'configuration: unknown preset "polyp-ce-l2"',
        '  at run.yaml:2',
        expect.stringMatching(/^ {2}known presets: cityscapes-r101-ce, /) as unknown as string,
        '  did you mean "preset:polyp-ce-l1"?',
      ],
    ],
  ])('%s', async (_name, text, set, lines) => {
    expect(await refusal(text, ...set)).toEqual(lines);
  });

  it('for each fault, in the order of the file format', async () => {
    const error = (await load(`${data}epochs: 0\nsede: 1\n`).catch(
      (reason: unknown) => reason,
    )) as ConfigError;
    expect(error.issues.map(({ where }) => where)).toEqual(['run.yaml:2', 'run.yaml:3']);
    expect(error.message.split('\n')).toHaveLength(8);
  });

  it('for files that extend each other', async () => {
    write('a.yaml', 'extends: b.yaml\n');
    write('b.yaml', 'extends: a.yaml\n');
    expect(await refusal('extends: a.yaml\n')).toEqual([
      'configuration: extends: the files go in a circle',
      '  at b.yaml:1',
      '  got run.yaml -> a.yaml -> b.yaml -> a.yaml; wanted a last file without extends',
      '  remove one "extends"',
    ]);
  });

  it('for a file that is missing or a folder', async () => {
    await expect(loadConfig('no.yaml', { cwd: folder })).rejects.toThrow(
      'no such file: no.yaml\n  at the command',
    );
    await expect(loadConfig('.', { cwd: folder })).rejects.toThrow('. cannot be read\n  at the command');
  });

  it('but an option of the program is a TypeError', async () => {
    await expect(loadConfig('run.yaml', { sets: [] } as LoadConfigOptions)).rejects.toThrow(
      new TypeError(
        'loadConfig: unknown option "sets" (did you mean "set"?); known options: set, flags, cwd',
      ),
    );
  });
});

describe('a configuration as YAML', () => {
  it('shows where each value comes from, and is read again as the same', async () => {
    const { config, origin } = await load(`${data}model:\n  widths: [2, 4]\n`, { set: ['epochs=3'] });
    const yaml = configToYaml(config, origin);
    expect(yaml.split('\n')).toEqual(
      expect.arrayContaining([
        '  folder: demo # run.yaml:1',
        '  widths: [2, 4] # run.yaml:3',
        'epochs: 3 # --set',
        'loss: ce # default',
        '  plugins: [] # default',
        'checkpoint: {} # default',
      ]),
    );
    expect((await load(yaml)).config).toEqual(config);
  });

  const refused = ['__proto__', 'constructor', 'prototype']; // as keys, wherever they stand
  const word = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => !refused.includes(text));
  const rate = fc.double({ min: 1e-9, max: 10, noNaN: true });
  const optional = (keys: Record<string, fc.Arbitrary<unknown>>) => fc.record(keys, { requiredKeys: [] });
  const configuration = optional({
    model: fc.dictionary(
      fc.stringMatching(/^[a-z]\w*$/).filter((key) => key !== 'name' && !refused.includes(key)),
      fc.oneof(word, fc.array(fc.oneof(word, fc.integer(), fc.boolean())), fc.dictionary(word, rate)),
    ),
    loss: fc.constantFrom('ce', 'dice + ce', 'ce + 0.5*./mine.ts#x', 'CE+L1'),
    optimizer: fc.oneof(
      optional({ learningRate: rate, weightDecay: rate }),
      fc.record({ name: fc.constant('sgd'), learningRate: rate, nesterov: fc.constant(false) }),
    ),
    schedule: fc.oneof(
      fc.record({ name: fc.constant('step'), every: fc.integer({ min: 1, max: 99 }) }),
      optional({ warmup: optional({ epochs: rate }) }),
    ),
    gradient: optional({ clipNorm: rate, accumulate: fc.integer({ min: 1, max: 9 }) }),
    epochs: fc.integer({ min: 1, max: 1e6 }),
    threads: fc.oneof(fc.constant('auto'), fc.integer({ min: 1, max: 64 })),
    monitor: optional({
      metric: fc.constantFrom('loss', 'foregroundIou'),
      mode: fc.constantFrom('max', 'min'),
    }),
    earlyStopping: fc.record({ patience: fc.integer({ min: 1, max: 9 }) }),
    logs: optional({ csv: fc.boolean(), plugins: fc.array(word.map((name) => `${name}.mjs#name`)) }),
    out: word,
  });

  it('is read again as the same, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(configuration, word, async (rest, images) => {
        const given = parseConfig({ data: { folder: images }, ...rest });
        const first = (await load(configToYaml(given))).config;
        const yaml = configToYaml(first);
        const second = (await load(yaml)).config;
        expect(second).toEqual(first);
        expect(configToYaml(second)).toBe(yaml);
        expect(runId(second, '')).toBe(runId(first, ''));
      }),
      { numRuns: 40 },
    );
  });
});

describe('the presets', () => {
  it.each(presets())('%s is a whole run, but for the data', async (name) => {
    const { config, origin, file } = await loadConfig(`preset:${name}`, {
      cwd: folder,
      set: ['data.folder=demo'],
    });
    expect(file).toBe(`preset:${name}`);
    const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    expect(config.data.normalize).toEqual(name.startsWith('msd-') ? 'auto' : imageNet);
    expect(origin['epochs']).toMatch(/^preset:[\w-]+:\d+$/);
    await expect(loadConfig(`preset:${name}`, { cwd: folder })).rejects.toThrow('data.folder: is missing');
  });

  // configs/polyp/unet_our.yaml, configs/cityscapes/r101fpn_512x1024_ce_l1.yaml and configs/retinal-lesions/
  // {unet_bce_896x896,fpn_bce-l1_896x896}.yaml of by-liu/SegLossBias.
  it.each([
    ['polyp-ce-l1', { loss: 'ce + l1(temperature=10)', epochs: 50, batchSize: 16, seed: 10, optimizer: { name: 'adam', learningRate: 1e-4, weightDecay: 1e-4 }, schedule: { name: 'plateau', factor: 0.5, patience: 5 }, model: { name: 'unet-resnet50' }, data: { size: [512, 512] } }], // prettier-ignore
    ['retinal-lesions-896-ce', { loss: 'ce', epochs: 60, batchSize: 4, seed: 2, schedule: { name: 'cosine' }, data: { size: [896, 896] } }], // prettier-ignore
    ['retinal-lesions-512-fpn-ce-l1', { epochs: 60, batchSize: 8, model: { name: 'fpn-resnet50' }, data: { size: [512, 512] } }], // prettier-ignore
    ['cityscapes-r101-ce-l1', { loss: 'ce + 5*l1(temperature=10)', epochs: 100, batchSize: 8, seed: 1, optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0.9, nesterov: true, weightDecay: 1e-4 }, schedule: { name: 'poly', power: 0.9, minimum: 1e-4 }, model: { name: 'fpn-resnet101' }, data: { size: [512, 1024] }, monitor: { metric: 'foregroundIou' } }], // prettier-ignore
  ])('%s says what the published code says', async (name, expected) => {
    const { config } = await loadConfig(`preset:${name}`, { set: ['data.folder=demo'] });
    expect(config).toMatchObject(expected);
  });

  it('can be extended by a file', async () => {
    const { config, origin } = await load(
      'extends: preset:polyp-ce-l1\ndata: { folder: polyps }\nmodel: { encoderWeights: ./resnet50.safetensors }\n',
    );
    expect(config.model).toEqual({
      name: 'unet-resnet50',
      encoderWeights: path.join(folder, 'resnet50.safetensors'),
    });
    expect(config.data).toMatchObject({ folder: path.join(folder, 'polyps'), size: [512, 512] });
    expect(origin).toMatchObject({
      loss: 'preset:polyp-ce-l1:3',
      'model.name': expect.stringMatching(/^preset:polyp-ce:\d+$/),
    });
  });
});

describe('the id of a run', () => {
  const base = { data: { folder: 'demo' }, epochs: 3 };
  const id = (change: object = {}, fingerprint = 'f') =>
    runId(parseConfig({ ...base, ...change }), fingerprint);

  it('is the hash of JSON with its keys in order', () => {
    // Made with Python: hashlib.sha256(json.dumps(..., sort_keys=True, separators=(',', ':')).encode()).
    expect(id()).toBe('6bef43c0fa9b');
  });

  it.each([
    { out: 'elsewhere' },
    { threads: 4 },
    { logs: { tensorboard: true } },
    { checkpoint: { everySteps: 5 } },
    { data: { folder: 'images' } },
    { loss: ' ce' },
  ])('does not depend on %j', (change) => {
    expect(id(change)).toBe(id());
  });

  it.each([
    { data: { folder: 'demo', size: 64 } },
    { data: { folder: 'demo', limit: 2 } },
    { data: { folder: 'demo', normalize: { mean: [0], std: [1] } } },
    { model: { widths: [2] } },
    { loss: 'dice' },
    { loss: '/a/mine.ts#b' },
    { optimizer: { learningRate: 0.1 } },
    { gradient: { accumulate: 2 } },
    { schedule: { name: 'poly' } },
    { epochs: 4 },
    { batchSize: 1 },
    { seed: 1 },
    { augment: 'none' },
    { backend: 'cpu' },
    { monitor: { metric: 'loss' } },
    { earlyStopping: { patience: 1 } },
  ])('depends on %j', (change) => {
    expect(id(change)).not.toBe(id());
  });

  it('depends on the fingerprint, and on files by their names', () => {
    expect(id({}, 'g')).not.toBe(id());
    expect(id({ loss: '/a/mine.ts#b' })).toBe(id({ loss: '/c/mine.ts#b' }));
    expect(id({ model: { weights: '/a/w.safetensors' } })).toBe(
      id({ model: { weights: '/b/w.safetensors' } }),
    );
    expect(id({ model: { weights: '/a/w.safetensors' } })).not.toBe(
      id({ model: { weights: '/a/v.safetensors' } }),
    );
  });
});

describe('the schema', () => {
  it('has a description for every key', () => {
    expect(
      configKeys()
        .filter(({ description }) => description === '')
        .map(({ path: key }) => key),
    ).toEqual([]);
    expect(configKeys().length).toBeGreaterThan(40);
  });

  const validate = new Ajv({ strict: false }).compile(configJsonSchema());
  const accepts = (text: string) => validate(parse(text)) as boolean;

  it.each(presets())('takes the preset %s', (name) => {
    accepts(readFileSync(path.join(__dirname, `../presets/${name}.yaml`), 'utf8'));
    expect(validate.errors).toBeNull();
  });

  it.each([
    'optimizer: { momentum: 0.9 }', // over a base with sgd
    'data: { size: [8, 16], limit: 2 }',
    'earlyStopping: null\nepochs: ~\nbackend: null\ndata: { size: null }\nschedule: null',
    'model: { name: ./a.mjs#b, widths: [1] }',
    'schedule: { name: step, warmup: { epochs: 0.5 } }',
  ])('takes %j, as loading does', (text) => {
    accepts(text);
    expect(validate.errors).toBeNull();
  });

  it.each([
    'epoch: 3',
    'epochs: 0',
    'optimizer: { name: adam, momentum: 0.9 }',
    'optimizer: { lerningRate: 1 }',
    'data: { normalize: all }',
    'backend: gpu',
    'extends: [a, b]',
  ])('refuses %j, as loading does', async (text) => {
    expect(accepts(text)).toBe(false);
    const rest = text.startsWith('data') ? '' : data;
    await expect(load(`${rest}${text}\n`)).rejects.toBeInstanceOf(ConfigError);
  });

  it('is published as it is: else run `npm run docs:generate`', () => {
    const file = path.join(__dirname, '../schema/run.schema.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  it('is what docs/training.md shows: else run `npm run docs:generate`', () => {
    const page = readFileSync(path.join(__dirname, '../../../docs/training.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([\w.]+)` +\| (.*?) +\| (.*?) *\|$/gm)].map(([, key, text]) => [
      key,
      text,
    ]);
    expect(rows).toEqual(configKeys().map((key) => [key.path, key.description]));
  });
});
