import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEvents, type EventOf } from '../src/benchmark/events.js';
import { side, writeImages } from './images.js';

const command = path.resolve(__dirname, '../bin/segloss.mjs');
const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-cli-'));
const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' };

/** Runs the built command in a folder outside of the packages. */
function segloss(...flags: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...flags], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr, message: stderr.trim().split('\n') };
}

const writeData = (name: string, mask: Parameters<typeof writeImages>[1]) =>
  writeImages(path.join(folder, name), mask);

/** Flags that make any training tiny. */
const tiny = ['--size', '16', '--epochs', '1', '--widths', '2,4', '--batch-size', '4', '--backend', 'cpu'];

beforeAll(() => {
  if (!existsSync(path.resolve(__dirname, '../dist/cli.js'))) {
    throw new Error('the command is not built: run `npm run build` first');
  }
  writeData('good', () => ({ size: side, value: 255 }));
  writeData('no-mask', (index) => (index === 3 ? undefined : { size: side, value: 255 }));
  writeData('other-size', (index) => ({ size: index === 3 ? side / 2 : side, value: 255 }));
  writeData('no-labels', (index) => ({ size: side, value: 40 + 20 * index }));
  mkdirSync(path.join(folder, 'empty'));
  writeFileSync(
    path.join(folder, 'mine.ts'),
    `import { defineLoss } from '@segloss/losses';
import { mean, mul, square, sub, log, neg, type Scalar } from '@tensorflow/tfjs-core';

const size = (summary: string, name: string, formula: (difference: any, scale: number) => Scalar) =>
  defineLoss({
    name,
    summary,
    defaults: { scale: 0.01 },
    statistics: () => ['target', 'predicted'] as const,
    compute: ({ target, predicted }, { scale }) => formula(sub(predicted, target), scale),
  });

export const softVolume = size('squared size error', 'soft-volume', (d, scale) => mean(mul(scale, square(d))) as Scalar);
export const broken = size('not a number', 'broken', (d) => mean(log(sub(neg(square(d)), 1))) as Scalar);
export const fixed = softVolume({ scale: 0.02 });
export const three = 3;
`,
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ends = (out: string) =>
  readEvents(readFileSync(path.join(folder, out, 'results.jsonl'), 'utf8'))
    .filter((event): event is EventOf<'run.end'> => event.type === 'run.end')
    .sort((a, b) => (a.run < b.run ? -1 : 1));

describe('segloss config', () => {
  it('shows every value of a configuration with its origin, and refuses what is wrong with exit code 2', () => {
    writeFileSync(path.join(folder, 'run.yaml'), 'extends: preset:polyp-ce-l1\ndata: { folder: good }\n');
    const shown = segloss('config', 'show', '-c', 'run.yaml', '--set', 'epochs=3', '--set', 'seed=4');
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    expect(shown.stdout).toContain(`\n  folder: ${path.join(folder, 'good')} # run.yaml:2\n`);
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

describe('segloss run', () => {
  const grid = ['run', '--data', 'good', '--loss', 'ce', '--loss', 'ce + l1', '--seeds', '2', ...tiny];

  it('ends with a table on stdout and a report, and writes plain lines to what is no terminal', () => {
    const { status, stdout, stderr } = segloss(...grid, '--out', 'one', '--jobs', '1');
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/ce \+ l1.*\d\.\d{3} ± \d\.\d{3}/);
    expect(stdout).toContain('all background');
    expect(stdout).toContain(`report: ${path.join(folder, 'one', 'report.html')}`);
    expect(stderr + stdout).not.toContain('\r');
    expect(stderr + stdout).not.toContain('\u001b');
    expect(stderr.match(/epoch 1\/1/g)).toHaveLength(4);
    for (const file of ['report.html', 'table.md', 'table.csv']) {
      expect(statSync(path.join(folder, 'one', file)).size).toBeGreaterThan(100);
    }
  });

  it('gives the same results with two jobs as with one', () => {
    expect(segloss(...grid, '--out', 'two', '--jobs', '2').status).toBe(0);
    const results = (out: string) =>
      ends(out).map(({ run, scores, predictions }) => ({ run, scores, predictions }));
    expect(results('two')).toHaveLength(4);
    expect(results('two')).toEqual(results('one'));
  });

  it('trains with a loss from a module in an empty folder, alone, in a sum and with options', () => {
    const { status, stdout, stderr } = segloss(
      ...['run', '--data', 'good', ...tiny, '--out', 'own', '--json', '--jobs', '2'],
      ...['--loss', './mine.ts#softVolume', '--loss', 'ce + 0.5*./mine.ts#softVolume(scale=0.1)'],
      ...['--loss', 'ce + ./mine.ts#fixed'],
    );
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stderr).toMatch(
      new RegExp(`mine\\.ts#softVolume: ${path.join(folder, 'mine.ts')}, sha256 [0-9a-f]{64}`),
    );
    const events = readEvents(stdout);
    expect(events.map((event) => event.type)).toContain('epoch');
    const terms = events.flatMap((event) =>
      event.type === 'epoch' ? [Object.keys(event.terms).join()] : [],
    );
    expect(terms.sort()).toEqual(['ce,soft-volume', 'ce,soft-volume', 'soft-volume']);
    expect(ends('own').map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
  });

  it('keeps a run that diverged in the table, lets the others finish, and ends with 5', () => {
    const { status, stdout, message } = segloss(
      ...[
        'run',
        '--data',
        'good',
        ...tiny,
        '--out',
        'diverged',
        '--loss',
        'ce',
        '--loss',
        'ce + ./mine.ts#broken',
      ],
    );
    expect(status).toBe(5);
    expect(message.at(-1)).toMatch(/^segloss: 1 of 2 runs did not finish.*broken/);
    expect(stdout).toMatch(/broken.*n\/a.*0\/1/);
    expect(ends('diverged').map((end) => end.status)).toEqual(['diverged', 'ok']);
    expect(readFileSync(path.join(folder, 'diverged', 'report.html'), 'utf8')).toContain('Failed runs');
  });

  it('stops at Ctrl-C with what is finished, and ends with 130', async () => {
    const flags = ['run', '--data', 'good', ...tiny, '--epochs', '500', '--loss', 'ce', '--out', 'stopped'];
    const child = spawn(process.execPath, [command, ...flags], { cwd: folder, env });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => {
      if (!stderr.includes('epoch 1/') && String(data).includes('epoch 1/')) child.kill('SIGINT');
      stderr += String(data);
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(130);
    expect(stderr.trim().split('\n').at(-1)).toBe(
      `segloss: interrupted; what was finished is in ${path.join(folder, 'stopped')}`,
    );
    expect(ends('stopped').map((end) => end.status)).toEqual(['interrupted']);
  });
});

describe('segloss', () => {
  it('lists its losses', () => {
    const { status, stdout } = segloss('losses');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ce +\S/m);
    expect(stdout).toMatch(/^l1 .*temperature=/m);
  });

  it('documents every exit code in its help', () => {
    const { status, stdout } = segloss('--help');
    expect(status).toBe(0);
    for (const code of [0, 1, 2, 3, 5, 130]) expect(stdout).toMatch(new RegExp(`^ +${code}  \\w`, 'm'));
  });

  it.each([
    [2, ['run', '--data', 'good', '--loss', 'cee'], /unknown loss "cee"; known losses: .*\bce\b/],
    [2, ['run', '--data', 'good', '--loss', 'ce(smoth=1)'], /smoth/],
    [
      2,
      ['run', '--data', 'good', '--loss', 'ce', '--loss', ' ce'],
      /--loss: wanted different losses.*both ce/,
    ],
    [2, ['run', '--data', 'good'], /--loss: wanted at least one/],
    [2, ['run', '--loss', 'ce'], /required option '--data <folder>' not specified/],
    [2, ['run', '--data', 'good', '--los', 'ce'], /unknown option '--los'/],
    [2, ['demo', '--epochs', '2.5'], /--epochs <n>.*Wanted a whole number of at least 1, got "2\.5"/],
    [2, ['run', '--data', 'good', '--loss', './none.ts#x'], /wanted a module, got no file at .*none\.ts/],
    [
      2,
      ['run', '--data', 'good', '--loss', './mine.ts#nothing'],
      /"nothing".*exports: broken, fixed, softVolume, three/,
    ],
    [2, ['run', '--data', 'good', '--loss', './mine.ts#three'], /wanted a loss.*got a value of type number/],
    [3, ['run', '--data', 'nowhere', '--loss', 'ce'], /nowhere/],
    [3, ['run', '--data', 'empty', '--loss', 'ce'], /empty/],
    [3, ['run', '--data', 'no-mask', '--loss', 'ce'], /case3/],
    [3, ['run', '--data', 'other-size', '--loss', 'ce'], /case3/],
    [3, ['run', '--data', 'no-labels', '--loss', 'ce'], /label/],
    [1, ['run', '--data', 'good', '--loss', 'ce', '--out', 'mine.ts/x'], /mine\.ts/],
  ] as const)('ends with %i and one message: %j', (code, flags, message) => {
    const { status, stdout, stderr } = segloss(...flags);
    const lines = stderr.trim().split('\n');
    const own = lines.filter((line) => line.startsWith('segloss: '));
    expect(stderr).toMatch(message);
    expect(status).toBe(code);
    expect(own).toHaveLength(1);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
  });

  it('shows the stack of an error with --verbose', () => {
    expect(segloss('run', '--data', 'nowhere', '--loss', 'ce', '--verbose').stderr).toMatch(/^\s+at /m);
  });
});
