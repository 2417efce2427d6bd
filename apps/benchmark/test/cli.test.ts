import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataError } from '@segloss/data';
import { LossSpecError } from '@segloss/losses';
import { ConfigError, DivergedError, ModuleError, RunError } from '@segloss/trainer';

import { exitCodeOf, exitCodes, UsageError } from '../src/errors.js';
import { builtCommand } from './command.js';
import { side, writeImages } from './images.js';

const { segloss, folder, at, remove, disturbed } = builtCommand('cli');

beforeAll(() => {
  writeImages(at('good'), () => ({ size: side, value: 255 }));
  writeImages(at('no-mask'), (index) => (index === 3 ? undefined : { size: side, value: 255 }));
  writeImages(at('no-labels'), (index) => ({ size: side, value: 40 + 20 * index }));
  mkdirSync(at('empty'));
  mkdirSync(at('occupied'));
  writeFileSync(at('occupied/notes.txt'), 'mine');
  writeFileSync(
    at('mine.ts'),
    `import { defineLoss } from '@segloss/losses';
import { mean, square, sub } from '@tensorflow/tfjs-core';
export const softVolume = defineLoss({ name: 'soft-volume', summary: 'x', defaults: {}, statistics: () => ['target', 'predicted'],
  compute: ({ target, predicted }) => mean(square(sub(predicted, target))) });
export const three = 3;
`,
  );
});
afterAll(remove);

describe('segloss config', () => {
  it('shows every value of a configuration with its origin, and refuses what is wrong with exit code 2', () => {
    writeFileSync(at('run.yaml'), 'extends: preset:polyp-ce-l1\ndata: { folder: good }\n');
    const shown = segloss('config', 'show', '-c', 'run.yaml', '--set', 'epochs=3', '--set', 'seed=4');
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    expect(shown.stdout).toContain(`\n  folder: ${at('good')} # run.yaml:2\n`);
    expect(shown.stdout).toMatch(/^loss: ce \+ l1\(temperature=10\) # preset:polyp-ce-l1:\d+$/m);
    expect(shown.stdout).toMatch(/^epochs: 3 # --set$/m);
    expect(shown.stdout).toMatch(/^threads: 1 # default$/m);
    const json = segloss('config', 'show', '-c', 'run.yaml', '--json').stdout;
    expect(JSON.parse(json)).toMatchObject({ config: { seed: 10 }, origin: { threads: 'default' }, folder });

    const refused = segloss('config', 'show', '-c', 'run.yaml', '--set', 'epoch=3');
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.message).toEqual([
      'segloss: configuration: unknown key "epoch"',
      '  at --set',
      expect.stringMatching(/^ {2}known keys: data, model/),
      '  did you mean "epochs"?',
    ]);
  });

  it('lists the presets, and gives the JSON Schema', () => {
    expect(segloss('config', 'presets').stdout.split('\n')).toContain('preset:cityscapes-r50-ce-l1');
    expect(JSON.parse(segloss('config', 'presets', '--json').stdout)).toContain('polyp-ce');
    expect(JSON.parse(segloss('config', 'schema').stdout)).toMatchObject({ title: 'segloss run' });
  });
});

describe('segloss', () => {
  it('lists its losses', () => {
    const { status, stdout } = segloss('losses');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ce +\S/m);
    expect(stdout).toMatch(/^l1 .*temperature=/m);
  });

  it('documents every exit code in its help, which it also prints alone', () => {
    const help = segloss('--help');
    expect(help).toMatchObject({ status: 0, stderr: '' });
    for (const { code } of Object.values(exitCodes))
      expect(help.stdout).toMatch(new RegExp(`^ +${code}  \\w`, 'm'));
    expect(segloss()).toMatchObject({ status: 0, stdout: help.stdout });
  });

  it('documents the same exit codes in its README', () => {
    const readme = readFileSync(path.resolve(__dirname, '../README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| +(\d+) \| (.+?) +\|$/gm)].map(([, code, meaning]) => [
      Number(code),
      meaning,
    ]);
    expect(rows).toEqual(Object.values(exitCodes).map(({ code, meaning }) => [code, meaning]));
  });

  it.each([
    [2, new UsageError('x')],
    [2, new LossSpecError('x', 'ce', 0)],
    [2, new ConfigError({ what: 'a', where: 'b', expected: 'c', remedy: 'd' })],
    [2, new ModuleError('x')],
    [2, new RunError('x', 'not-a-run')],
    [75, new RunError('x', 'busy')],
    [3, new DataError('x')],
    [5, Object.assign(Object.create(DivergedError.prototype) as DivergedError, { name: 'DivergedError' })],
    [1, new RangeError('x')],
  ])('ends with %i after %p', (code, error) => expect(exitCodeOf(error)).toBe(code));

  const benchmark = ['benchmark', '--data', 'good'];
  it.each([
    [
      2,
      [...benchmark, '--loss', 'cee'],
      /unknown loss "cee" \(did you mean "ce".*; all losses: `segloss losses`/,
    ],
    [2, [...benchmark, '--loss', 'ce(smoth=1)'], /smoth/],
    [2, [...benchmark, '--loss', 'ce', '--loss', '1*ce'], /two cells are the same run/],
    [2, [...benchmark, '--los', 'ce'], /unknown option '--los'/],
    [
      2,
      ['train', '--data', 'good', '--loss', 'ce', '--loss', 'dice'],
      /--loss: wanted it once, got "ce" and "dice"/,
    ],
    [
      2,
      ['train', '-c', 'a.yaml', '--config', 'b.yaml'],
      /--config: wanted it once, got "a\.yaml" and "b\.yaml"/,
    ],
    [
      2,
      ['train', '--data', ''],
      /wanted a value after --data, got an empty one; is a variable of the shell not set\?/,
    ],
    [2, ['train', '--data='], /wanted a value after --data, got an empty one/],
    [2, ['predict', 'run', '', '--out', 'labels'], /wanted a value after run, got an empty one/],
    [2, [...benchmark, '--loss', './none.ts#x'], /none\.ts/],
    [2, [...benchmark, '--set', 'seed=3'], /seed: the grid has this key already \(0\); .*--seeds/],
    [2, [...benchmark, '--set', 'epoch=3'], /unknown key "epoch"/],
    [
      2,
      [...benchmark, '--only', 'los=ce'],
      /--only: wanted AXIS=LABEL with one of the axes loss, seed, data/,
    ],
    [2, [...benchmark, '--only', 'loss=kl'], /--only loss: wanted one of ce \| dice/],
    [
      2,
      [...benchmark, '--out', 'occupied'],
      /--out: wanted a new folder or one of a benchmark, got .*occupied/,
    ],
    [
      2,
      [...benchmark, '--out', 'good/out'],
      /good\/out\/runs: lies in .*good, which is read; choose another folder for the output/,
    ],
    [2, ['benchmark', '-c', 'none.yaml'], /no such file: none\.yaml/],
    [2, ['benchmark'], /wanted -c <file> or --data <folder>, got neither/],
    [2, ['demo', '--epochs', '2.5'], /--epochs <n>.*Wanted a whole number of at least 1, got "2\.5"/],
    [
      2,
      ['run', '--data', 'good', '--loss', 'ce'],
      /to compare losses: segloss benchmark --data good --loss ce$/m,
    ],
    [2, ['run'], /wanted --plan <file> and --index <n>/],
    [2, ['train'], /wanted -c <file> or --data <folder>/],
    [2, ['report', 'good'], /wanted the folder of a benchmark/],
    [3, ['benchmark', '--data', 'nowhere'], /nowhere/],
    [3, ['benchmark', '--data', 'empty'], /empty/],
    [3, ['benchmark', '--data', 'no-mask'], /case3/],
    [3, ['train', '--data', 'no-labels'], /label/],
    [3, ['train', '--data', 'nowhere', '--loss', 'ce'], /nowhere/],
    [1, [...benchmark, '--out', 'mine.ts/x'], /mine\.ts/],
  ] as const)('ends with %i and one message: %j', (code, flags, message) => {
    const { status, stdout, stderr } = segloss(...flags);
    const own = stderr.split('\n').filter((line) => line.startsWith('segloss: '));
    expect(stderr).toMatch(message);
    expect(status).toBe(code);
    expect(own).toHaveLength(1);
    expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(stdout).toBe('');
  });

  it('leaves files alone that it did not write', () => {
    expect(readFileSync(at('occupied/notes.txt'), 'utf8')).toBe('mine');
  });

  it('shows the stack of an error with --verbose', () => {
    expect(segloss('benchmark', '--data', 'nowhere', '--verbose').stderr).toMatch(/^\s+at .*:\d+:\d+/m);
  });

  it('ends quietly when its reader has gone', async () => {
    const { status, text } = await disturbed(['losses'], (_text, child) => void child.stdout!.destroy());
    expect(status).toBe(0);
    expect(text).not.toMatch(/EPIPE|Unhandled/);
  });

  it('shows escape sequences in names instead of sending them', () => {
    const evil = 'evil\u001b[2J';
    writeImages(at(evil), (index) => (index === 3 ? undefined : { size: side, value: 255 }));
    const { stderr, status } = segloss('benchmark', '--data', path.join('.', evil));
    expect(status).toBe(3);
    expect(stderr).toMatch(/evil\\(u001b|x1b)\[2J/);
    expect(stderr).not.toContain('\u001b');
  });
});
