// `segloss benchmark` on the built command: trains a grid, trains only what is missing, keeps failures apart, stops and resumes.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseEvent, type RunEvent } from '@segloss/trainer';
import { encode } from 'fast-png';

import { readResults } from '../src/benchmark/results.js';
import { builtCommand, runFiles } from './command.js';
import { side, writeImages } from './images.js';

const { segloss, at, remove, disturbed } = builtCommand('benchmark');

/** Flags that make any training tiny. */
const tiny = ['--size', '16', '--epochs', '1', '--widths', '2,4', '--batch-size', '4', '--backend', 'wasm'];
const good = ['benchmark', '--data', 'good', ...tiny];
const states = (out: string) => readResults(at(out)).cells.map(({ state }) => state);

beforeAll(() => {
  writeImages(at('good'), () => ({ size: side, value: 255 }));
  writeImages(at('other-size'), (index) => ({ size: index === 3 ? side / 2 : side, value: 255 }));
  writeFileSync(
    at('mine.ts'),
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
`,
  );
});
afterAll(remove);

describe('segloss benchmark', () => {
  const running = ['--set', 'batchNormStatistics=running']; // one update is too few for it, which a note says
  const grid = [...good, ...running, '--loss', 'ce', '--loss', 'ce + l1', '--seeds', '2'];
  let trained: ReturnType<typeof segloss>;
  beforeAll(() => {
    trained = segloss(...grid, '--out', 'one', '--jobs', '1');
  });

  it('trains every run of the grid, and leaves table, report and a folder for each run', () => {
    const { status, stdout, stderr } = trained;
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/ce \+ l1.*\d\.\d{3} ± \d\.\d{3}/);
    expect(stdout).toContain('all background');
    expect(stdout).toContain(`report: ${at('one', 'report.html')}`);
    expect(stderr + stdout).not.toMatch(/[\r\u001b]/); // eslint-disable-line no-control-regex
    expect(stderr.match(/epoch 1\/1/g)).toHaveLength(4);
    expect(stderr.match(/averages of batch normalization/g)).toHaveLength(1);
    expect(readdirSync(at('one')).sort()).toEqual(['benchmark.json', 'plan.jsonl', 'report.html', 'runs', 'segloss-output.sha256', 'table.csv', 'table.md']); // prettier-ignore
    expect(readdirSync(at('one/runs'))).toHaveLength(4);
    expect(states('one')).toEqual(Array(4).fill('finished'));
  });

  it('has the same weights and scores with two jobs as with one, and by single runs of the plan', () => {
    expect(segloss(...grid, '--out', 'two', '--jobs', '2').status).toBe(0);
    mkdirSync(at('three'));
    writeFileSync(at('three/plan.jsonl'), readFileSync(at('two/plan.jsonl')));
    for (const index of [3, 0]) {
      const { status, stderr } = segloss('run', '--plan', 'three/plan.jsonl', '--index', String(index));
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    }
    for (const file of ['checkpoints/last.safetensors', 'metrics.jsonl', 'scores.json']) {
      const one = runFiles(at('one'), file);
      expect(Object.keys(one)).toHaveLength(4);
      expect(runFiles(at('two'), file)).toEqual(one);
      const three = runFiles(at('three'), file);
      expect(Object.keys(three)).toHaveLength(2);
      expect(one).toMatchObject(three);
    }
  });

  it('trains only what is missing, and only what --only selects', () => {
    cpSync(at('one'), at('more'), { recursive: true });
    const before = runFiles(at('more'), 'env.json');
    const larger = [...grid, '--loss', 'dice', '--out', 'more'];
    const dry = segloss(...larger, '--dry-run');
    expect(dry.stdout.match(/^finished/gm)).toHaveLength(4);
    expect(dry.stdout.match(/^missing/gm)).toHaveLength(2);
    const some = segloss(...larger, '--only', 'loss=dice', '--only', 'seed=1');
    expect(some.status).toBe(0);
    expect(some.message[0]).toBe(`good: 1 run, 1 to train, in ${at('more')}`);
    expect(states('more').filter((state) => state === 'missing')).toHaveLength(1);
    expect(readFileSync(at('more/report.html'), 'utf8')).toContain('not trained yet');
    const all = segloss(...larger);
    expect(all.status).toBe(0);
    expect(all.message[0]).toBe(`good: 6 runs, 1 to train, in ${at('more')}`);
    expect(all.stdout).toMatch(/dice.*2\/2/);
    expect(runFiles(at('more'), 'env.json')).toMatchObject(before);
    rmSync(at('more/table.md'));
    expect(segloss('report', 'more').stdout).toBe(all.stdout);
    expect(existsSync(at('more/table.md'))).toBe(true);

    // --out: a file of another stays, its own is drawn again
    writeFileSync(at('paper.tex'), 'mine');
    for (const format of ['html', 'csv']) {
      const refused = segloss('report', 'more', '--format', format, '--out', 'paper.tex');
      expect([refused.status, refused.stdout]).toEqual([2, '']);
      expect(refused.stderr).toMatch(/paper\.tex: there already, and not written by segloss.*--overwrite/);
    }
    expect(readFileSync(at('paper.tex'), 'utf8')).toBe('mine');
    for (const flags of [['--overwrite'], []])
      expect(segloss('report', 'more', '--format', 'csv', '--out', 'paper.tex', ...flags).status).toBe(0);
    expect(readFileSync(at('paper.tex'), 'utf8')).toBe(segloss('report', 'more', '--format', 'csv').stdout);
  });

  it('gives runs that had finished the logs that are asked for later, and refuses a tracker that does not exist', () => {
    cpSync(at('one'), at('logged'), { recursive: true });
    const again = [...grid, '--out', 'logged'];
    const { status, message } = segloss(...again, '--track', 'wandb=sizes', '--set', 'logs.tensorboard=true');
    expect([status, message[0]]).toEqual([0, `good: 4 runs, 0 to train, in ${at('logged')}`]);
    for (const run of readdirSync(at('logged/runs'))) {
      const files = readdirSync(at('logged/runs', run), { recursive: true }).map(String);
      expect(files.filter((file) => file.endsWith('.wandb'))).toHaveLength(1);
      expect(files).toContain('events.out.tfevents.0.segloss');
    }
    const refused = segloss(...again, '--track', 'wanb');
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('did you mean "wandb"?')]);
  });

  it('takes data sets, models and named settings from a file, and paths from where it stands', () => {
    mkdirSync(at('files'));
    writeFileSync(
      at('files/bench.yaml'),
      `name: many
base: { data: { size: 32, limit: 4 }, epochs: 1, batchSize: 4, backend: wasm }
grid:
  data.folder: [demo, ../good]
  model:
    - { name: unet, widths: [2, 4] }
    - { name: fpn-resnet18, encoderWidth: 4, pyramidChannels: 8, segmentationChannels: 32 }
  setup: [{ name: plain, augment: none }, { name: flipped, augment: flip, loss: dice }]
`,
    );
    const { status, stdout, stderr } = segloss('benchmark', '-c', 'files/bench.yaml');
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^demo$/m);
    expect(stdout).toMatch(/^good$/m);
    expect(stdout.match(/│ fpn-resnet18 +│ flipped/g)).toHaveLength(2);
    expect(states('benchmarks/many')).toEqual(Array(8).fill('finished'));
  });

  it('trains with a loss from a module in an empty folder, alone, in a sum and with options', () => {
    const { status, stdout, stderr } = segloss(
      ...[...good, '--out', 'own', '--json', '--jobs', '2'],
      ...['--loss', './mine.ts#softVolume', '--loss', 'ce + 0.5*./mine.ts#softVolume(scale=0.1)'],
      ...['--loss', 'ce + ./mine.ts#fixed'],
    );
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stderr.match(/runs the module \.\/mine\.ts#softVolume:/g)).toHaveLength(1);
    expect(stderr).toMatch(new RegExp(`mine\\.ts#softVolume: ${at('mine.ts')} \\(sha256 [0-9a-f]{64}`));
    const events = stdout.trim().split('\n').map((line): RunEvent => parseEvent(line)); // prettier-ignore
    const terms = events.flatMap((event) =>
      event.type === 'epoch' ? [Object.keys(event.terms).join()] : [],
    );
    expect(terms.sort()).toEqual(['ce,soft-volume', 'ce,soft-volume', 'soft-volume']);
    expect(states('own')).toEqual(Array(3).fill('finished'));
    const page = readFileSync(at('own/report.html'), 'utf8');
    expect(page).toContain('a module of your own');
    expect(page).toMatch(/Measured with the module [^<]*mine\.ts#softVolume/);
  });

  it('keeps a run that diverged apart, lets the others finish, ends with 5, and does not train it again', () => {
    const flags = [...good, '--out', 'diverged', '--loss', 'ce', '--loss', 'ce + ./mine.ts#broken'];
    const { status, stdout, message } = segloss(...flags);
    expect(status).toBe(5);
    expect(message.at(-1)).toMatch(
      /^segloss: 1 of 2 runs did not finish; the first: ce \+ \.\/mine\.ts#broken: .*broken/,
    );
    expect(stdout).toMatch(/broken.*n\/a.*0\/1/);
    expect(states('diverged').sort()).toEqual(['diverged', 'finished']);
    expect(readFileSync(at('diverged/report.html'), 'utf8')).toContain('Runs that have not finished');
    const again = segloss(...flags);
    expect([again.status, again.message[1]]).toEqual([5, expect.stringContaining('2 runs, 0 to train')]);
  });

  it('ends with 3 if images cannot be used, and with 2 if a plan is no longer true', () => {
    writeFileSync(
      at('sizes.yaml'),
      'base: { epochs: 1, model: { widths: [2, 4] }, backend: wasm }\ngrid: { loss: [ce] }\n',
    );
    const sizes = segloss('benchmark', '-c', 'sizes.yaml', '--data', 'other-size', '--out', 'sizes');
    expect(sizes.status).toBe(3);
    expect(sizes.message.at(-1)).toMatch(/case3.*export the mask at the image's size/);
    writeImages(at('changing'), () => ({ size: side, value: 255 }));
    expect(
      segloss('benchmark', '--data', 'changing', ...tiny, '--loss', 'ce', '--out', 'changed').status,
    ).toBe(0);
    writeImages(at('changing'), () => ({ size: side, value: 1 }));
    const stale = segloss('run', '--plan', 'changed/plan.jsonl', '--index', '0');
    expect([stale.status, stale.stderr]).toEqual([
      2,
      expect.stringContaining('have changed since the plan was made'),
    ]);
  });

  it('stops at the first failure with --fail-fast, and trains what failed alone with --retry-failed', () => {
    const flags = [...good, '--out', 'fast', '--loss', './mine.ts#broken', '--loss', 'ce', '--jobs', '1'];
    const fast = segloss(...flags, '--fail-fast');
    expect([fast.status, states('fast')]).toEqual([5, ['diverged', 'missing']]);
    expect(fast.message.at(-1)).toMatch(
      /^segloss: 2 of 2 runs did not finish; the first: \.\/mine\.ts#broken: .*broken/,
    );
    const again = segloss(...flags, '--retry-failed');
    expect([again.status, states('fast')]).toEqual([5, ['diverged', 'missing']]);
    expect(again.stderr).toContain('2 runs, 1 to train');
  });

  it('tunes each loss on the training images of each fold, then trains the folds, and resumes as finished', () => {
    writeFileSync(
      at('tune.yaml'),
      `base: { data: { folder: good, size: 16, folds: 2 }, epochs: 1, model: { widths: [2, 4] }, batchSize: 4, backend: wasm }
grid: { loss: [ce] }
tune: { folds: 2, grid: { optimizer.learningRate: [0.001, 0.1] } }
`,
    );
    const command = ['benchmark', '-c', 'tune.yaml', '--jobs', '1'];
    const dry = segloss(...command, '--dry-run');
    expect(dry.stdout).toContain('waiting      ce, fold 0  for 4 tuning runs');
    expect(dry.stdout).toMatch(/10 runs: 8 missing, 2 waiting\ntime: unknown/);
    const { status, stdout, stderr } = segloss(...command);
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stderr).toMatch(
      /0, ce: tuned to learningRate 0\.\d+ \(Dice learningRate 0\.001: \d\.\d{3}, learningRate 0\.1: \d/,
    );
    expect(stdout).toMatch(/ce \*? *│.*2\/2/);
    expect(readdirSync(at('benchmarks/tune/runs'))).toHaveLength(10);
    expect(segloss(...command, '--dry-run').stdout).toContain('10 runs: 10 finished');
  });

  it('saves at Ctrl-C and ends with 75; the same command resumes', async () => {
    const long = good.map((flag, i) => (good[i - 1] === '--epochs' ? '300' : flag));
    const flags = [...long, '--loss', 'ce', '--loss', 'dice', '--out', 'stopped'];
    let sent = false;
    const { status, text } = await disturbed(flags, (said, child) => {
      if (sent || !/epoch 2\//.test(said)) return;
      sent = true;
      process.kill(-child.pid!, 'SIGINT'); // to the group, as a terminal does
    });
    expect(status).toBe(75);
    expect(text).toContain('segloss: stopped; 0 of 2 runs finished. The same command resumes.');
    expect(states('stopped')).toContain('interrupted');
    expect(existsSync(at('stopped/report.html'))).toBe(true);
    let resumed = false;
    await disturbed(flags, (said, child) => {
      if (resumed || !/epoch \d+\//.test(said)) return;
      resumed = true;
      expect(said).toMatch(/: resumed at epoch \d+, step/);
      process.kill(child.pid!, 'SIGTERM');
    });
    expect(resumed).toBe(true);
  });
});

describe('segloss train', () => {
  it('brings images of several sizes to one by itself', () => {
    cpSync(at('good'), at('two-sizes'), { recursive: true });
    const data = new Uint8Array(2 * side * side).fill(255, 0, side * side);
    for (const part of ['images', 'masks']) {
      for (const name of ['case3.png', 'case5.png']) writeFileSync(at('two-sizes', part, name), encode({ width: side, height: 2 * side, data, channels: 1, depth: 8 })); // prettier-ignore
    }
    const flags = tiny.slice(2); // without --size
    const { status, stderr } = segloss('train', '--data', 'two-sizes', '--loss', 'ce', ...flags, '--out', 'sizes-by-itself');
    expect([status, stderr]).toEqual([0, expect.stringContaining(` to validate at ${side} x ${side}, `)]);
  }); // prettier-ignore

  it('needs no file, leaves a report, and says what to do next', () => {
    const { status, stderr } = segloss('train', '--data', 'good', '--loss', 'ce', ...tiny, '--out', 'single');
    expect(status).toBe(0);
    const [run] = readdirSync(at('single'));
    expect(run).toMatch(/^good-[0-9a-f]{12}$/);
    for (const command of ['test', 'predict', 'report']) expect(stderr).toContain(`  segloss ${command} ${path.join('single', run!)}`); // prettier-ignore
    expect(readFileSync(at('single', run!, 'report.html'), 'utf8')).toContain('Validation Dice');
    const config = readFileSync(at('single', run!, 'config.resolved.yaml'), 'utf8');
    for (const chosen of ['norm: batch', 'name: one-cycle', 'outputBias: prior', 'batchNormStatistics: exact', 'widths: [2, 4]']) expect(config).toContain(chosen); // prettier-ignore
    expect(config).not.toMatch(/^updates:/m); // --epochs takes its place
    expect(segloss('report', path.join('single', run!)).stdout).toMatch(/│ ce +│/);
  });

  it('says what to try where no pixel is found', () => {
    const { stderr } = segloss(
      'train',
      '--data',
      'good',
      ...tiny,
      '--learning-rate',
      '1e-9',
      '--seed',
      '3',
      '--out',
      'none',
    );
    expect(stderr).toMatch(
      /not converged: foregroundDice is still 0 after 1 epoch; train longer \(--set epochs=2\), or from other weights \(--seed 4\)\n/,
    );
  });
});
