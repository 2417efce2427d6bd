// `segloss train` and what follows it, on the built command: killed, interrupted, out of disk, with wrong input.
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readNifti, writeNifti } from '@segloss/data';
import { numbers } from '@segloss/testing';
import { decode } from 'fast-png';

import { side, writeImages } from './images.js';

const command = path.resolve(__dirname, '../bin/segloss.mjs');
const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-train-'));
const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' };

const start = (flags: readonly string[]) =>
  spawn(process.execPath, [command, ...flags], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });

function segloss(...flags: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...flags], {
    ...{ cwd: folder, env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** Runs the command, and does something to it at a moment. */
async function disturbed(flags: readonly string[], disturb: (child: ReturnType<typeof start>) => void) {
  const child = start(flags);
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => void (stderr += text.toString()));
  disturb(child);
  const ended = await new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('exit', (code, signal) => resolve({ code, signal })),
  );
  return { ...ended, stderr };
}

function config(name: string, text = ''): string {
  const file = `${name}.yaml`;
  const base = [
    'data: { folder: images }',
    'model: { widths: [4, 8], norm: batch, dropout: 0.1 }',
    'loss: ce + l1',
  ];
  const rest = [
    'epochs: 3',
    'batchSize: 2',
    'backend: wasm',
    `out: runs-${name}`,
    'checkpoint: { everySteps: 2 }',
  ];
  writeFileSync(path.join(folder, file), `${[...base, ...rest].join('\n')}\n${text}`);
  return file;
}

/** The folder of the only run of a configuration. */
function runOf(name: string): string {
  const out = path.join(folder, `runs-${name}`);
  const [run, ...others] = readdirSync(out).filter((entry) => !entry.includes('.old-'));
  expect(others).toEqual([]);
  return path.join(out, run!);
}
const bytes = (name: string, file: string) => readFileSync(path.join(runOf(name), file));
const status = (name: string) => bytes(name, 'STATUS').toString().trim();

/** What the undisturbed run left, before any test adds to it. */
let left: readonly string[] = [];

beforeAll(() => {
  if (!existsSync(path.resolve(__dirname, '../dist/cli.js'))) {
    throw new Error('the command is not built: run `npm run build` first');
  }
  writeImages(path.join(folder, 'images'), () => ({ size: side, value: 255 }));
  expect(segloss('train', '-c', config('whole')).status).toBe(0);
  left = readdirSync(runOf('whole')).sort();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Four volumes of 10 x 12 x 9 voxels with a block of foreground, as MSD has them. */
async function writeVolumes(): Promise<void> {
  const shape = [10, 12, 9] as const;
  for (const part of ['imagesTr', 'labelsTr'])
    mkdirSync(path.join(folder, 'volumes', part), { recursive: true });
  const description = { labels: { 0: 'background', 1: 'block' }, modality: { 0: 'MRI' } };
  writeFileSync(path.join(folder, 'volumes', 'dataset.json'), JSON.stringify(description));
  for (let i = 0; i < 4; i++) {
    const label = Uint8Array.from({ length: 10 * 12 * 9 }, (_, at) =>
      Number(at % 9 < 3 + i && at % 108 < 60),
    );
    const image = label.map((one, at) => 100 * one + ((at * (7 + i)) % 50));
    await writeNifti(path.join(folder, 'volumes', 'imagesTr', `v${i}.nii.gz`), image, { shape });
    await writeNifti(path.join(folder, 'volumes', 'labelsTr', `v${i}.nii.gz`), label, { shape });
  }
}

/** The run's numbers are those of the run that nothing disturbed. */
function expectSame(name: string, other = 'whole') {
  expect(status(name)).toBe('finished');
  for (const file of [
    'metrics.jsonl',
    'metrics.csv',
    'checkpoints/last.safetensors',
    'checkpoints/best.safetensors',
  ]) {
    expect({ file, same: bytes(name, file).equals(bytes(other, file)) }).toEqual({ file, same: true });
  }
}

describe('segloss train', () => {
  it('leaves a folder that explains itself', () => {
    expect(left).toEqual([
      'STATUS',
      'checkpoints',
      'config.origin.json',
      'config.resolved.yaml',
      'dataset.json',
      'env.json',
      'examples.json',
      'metrics.csv',
      'metrics.jsonl',
      'report.html',
      'scores.json',
      'segloss-output.sha256',
      'summary.json',
      'time.json',
    ]);
    const json = (file: string) => JSON.parse(bytes('whole', file).toString()) as Record<string, unknown>;
    expect(json('summary.json')).toMatchObject({
      status: 'finished',
      epochs: 3,
      last: { epoch: 2, step: 9 },
    });
    expect(json('dataset.json')).toMatchObject({
      classes: ['background', 'foreground'],
      inputShape: [16, 16, 3],
    });
    expect(json('env.json')).toMatchObject({ backend: { name: 'wasm' }, node: process.version });
    expect(json('config.origin.json')).toMatchObject({ epochs: 'whole.yaml:4', seed: 'default' });
  });

  it('leaves a report alone that is not its own, and says so', () => {
    const file = config('foreign');
    expect(segloss('train', '-c', file).status).toBe(0);
    const page = path.join(runOf('foreign'), 'report.html');
    writeFileSync(page, 'mine');
    const { status: code, stderr } = segloss('train', '-c', file);
    expect({ code, page: readFileSync(page, 'utf8') }).toEqual({ code: 0, page: 'mine' });
    expect(stderr).toContain(
      `warning: no report was written, everything else is saved: ${page}: there already`,
    );
    expect(stderr).not.toContain('\nreport: ');
  });

  it('has the weights and metrics of an undisturbed run after 20 kills at scattered moments, byte for byte', async () => {
    const file = config('killed');
    const random = numbers(20);
    let kills = 0;
    for (let tries = 0; tries < 60 && kills < 20; tries++) {
      const wait = 350 + Math.floor(random.next() * 900);
      const { signal, code } = await disturbed(['train', '-c', file], (child) => {
        setTimeout(() => child.kill('SIGKILL'), wait);
      });
      if (signal === 'SIGKILL') kills++;
      else if (code === 0 && kills < 20) rmSync(path.join(folder, 'runs-killed'), { recursive: true }); // too late: from the start
    }
    expect(kills).toBe(20);
    expect(segloss('train', '-c', file).status).toBe(0);
    expectSame('killed');
    expect(
      readdirSync(path.join(runOf('killed'), 'checkpoints')).filter((name) => name.endsWith('.tmp')),
    ).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['averaged weights, mirrored validation and a fold', ['--set', 'ema=0.9', '--set', 'validation.tta=true', '--set', 'data.folds=3', '--set', 'fold=1']], // prettier-ignore
    ['patches of volumes', ['--data', 'volumes', '--set', 'data.volumes=patches', '--set', 'data.size=[8,8,8]', '--set', 'ema=0.9', '--set', 'validation.tta=true']], // prettier-ignore
  ])('is bit-identical after 5 kills with %s', async (what, flags) => {
    const name = what.split(' ')[0]!;
    await writeVolumes();
    const undisturbed = `${name}-undisturbed`;
    expect(segloss('train', '-c', config(undisturbed), ...flags)).toMatchObject({ status: 0 });
    const file = config(name);
    const random = numbers(21);
    let kills = 0;
    for (let tries = 0; tries < 40 && kills < 5; tries++) {
      const wait = 400 + Math.floor(random.next() * 1200);
      const { signal, code } = await disturbed(['train', '-c', file, ...flags], (child) => {
        setTimeout(() => child.kill('SIGKILL'), wait);
      });
      if (signal === 'SIGKILL') kills++;
      else if (code === 0 && kills < 5) rmSync(path.join(folder, `runs-${name}`), { recursive: true });
    }
    expect(kills).toBe(5);
    expect(segloss('train', '-c', file, ...flags).status).toBe(0);
    expectSame(name, undisturbed);
    expect(bytes(name, 'scores.json').equals(bytes(undisturbed, 'scores.json'))).toBe(true);
  });

  const whenStepping = (child: ReturnType<typeof start>, times: number) => {
    let said = '';
    let sent = 0;
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
      if (sent === 0 && said.includes('epoch 1/')) {
        sent = 1;
        child.kill('SIGINT');
      } else if (sent === 1 && times === 2 && said.includes('once more')) {
        sent = 2;
        child.kill('SIGINT');
      }
    });
  };

  it('saves and ends with 75 at Ctrl-C, and goes on from there', async () => {
    const file = config('stopped');
    const first = await disturbed(['train', '-c', file], (child) => whenStepping(child, 1));
    expect(first).toMatchObject({ code: 75, signal: null });
    expect(first.stderr).toContain('the same command resumes');
    expect(status('stopped')).toBe('interrupted');
    const second = segloss('train', '-c', file);
    expect(second.stderr).toMatch(/resumed at epoch \d, step \d/);
    expect(second.status).toBe(0);
    expectSame('stopped');
  });

  it('ends at once at the second Ctrl-C, with a checkpoint that stands', async () => {
    const file = config('twice', 'data: { folder: images, size: 192 }\n'.replace(/^/, ''));
    writeFileSync(
      path.join(folder, file),
      readFileSync(path.join(folder, file), 'utf8').replace('data: { folder: images }\n', ''),
    );
    const { code, signal } = await disturbed(['train', '-c', file], (child) => whenStepping(child, 2));
    expect([75, 'SIGINT']).toContain(code ?? signal); // a shell calls SIGINT 130; 75 where the update ended before the second signal came
    expect(existsSync(path.join(runOf('twice'), 'checkpoints', 'last.safetensors'))).toBe(true);
  });

  it('says that a run has finished, and trains anew with --fresh beside the older run', () => {
    const before = bytes('whole', 'summary.json');
    const again = segloss('train', '-c', 'whole.yaml');
    expect(again.stderr).toContain('has finished before; --fresh trains anew');
    expect(again.status).toBe(0);
    const fresh = segloss('train', '-c', 'whole.yaml', '--fresh');
    expect(fresh.stderr).toMatch(/the older run was moved to .*\.old-1/);
    expect(bytes('whole', 'summary.json')).toEqual(before);
  });

  it('names an image that cannot be read, ends with 3, and goes on when it is mended', () => {
    const file = config('mended', '');
    const image = path.join(folder, 'images', 'images', 'case5.png');
    const good = readFileSync(image);
    copyFileSync(image, path.join(folder, 'spare.png'));
    writeFileSync(image, good.subarray(0, good.length / 2));
    const broken = segloss('train', '-c', file);
    writeFileSync(image, good);
    expect(broken.stderr).toMatch(/segloss: .*case5\.png/);
    expect(broken.status).toBe(3);
    expect(segloss('train', '-c', file).status).toBe(0);
    // Other images are another run; the broken one keeps a folder of its own.
    const out = path.join(folder, 'runs-mended');
    const runs = readdirSync(out).map((name) => path.join(out, name));
    const failed = runs.filter((run) => readFileSync(path.join(run, 'STATUS'), 'utf8').trim() === 'failed');
    expect([runs.length, failed.length]).toEqual([2, 1]);
    rmSync(failed[0]!, { recursive: true });
    expectSame('mended');
  });

  it('names a damaged checkpoint and goes on from the one before', async () => {
    const file = config('damaged');
    await disturbed(['train', '-c', file], (child) => whenStepping(child, 1));
    const last = path.join(runOf('damaged'), 'checkpoints', 'last.safetensors');
    const content = readFileSync(last);
    content[content.length - 5]! ^= 4;
    writeFileSync(last, content);
    const { stderr, status: code } = segloss('train', '-c', file);
    expect(stderr).toMatch(
      /last\.safetensors is damaged: its checksum .*; going on from .*previous\.safetensors/,
    );
    expect(code).toBe(0);
    expectSame('damaged');
  });

  it.each<[string, string[], number, RegExp]>([
    ['a typo in the configuration', ['--set', 'epoch=3'], 2, /epoch.*[\s\S]*epochs/],
    ['an unknown loss', ['--loss', 'cee'], 2, /cee/],
    ['an unknown model', ['--set', 'model.name=unett'], 2, /did you mean "unet"[^]*change model\.name(?!,)/],
    ['no data', ['--data', 'nowhere'], 3, /no folder .*nowhere/],
    [
      'a loss that explodes',
      ['--set', 'optimizer.name=sgd', '--set', 'optimizer.learningRate=1e30'],
      5,
      /diverged: .* is not finite at epoch/,
    ],
  ])('ends with its own code and message: %s', (_name, flags, code, message) => {
    const { stderr, status: ended } = segloss('train', '-c', config('wrong'), ...flags);
    expect(stderr).toMatch(message);
    expect(ended).toBe(code);
  });

  it('refuses a run that another process trains', () => {
    const file = config('locked');
    expect(segloss('train', '-c', file, '--epochs', '1').status).toBe(0);
    const run = runOf('locked');
    writeFileSync(path.join(run, 'STATUS'), 'running\n');
    writeFileSync(path.join(run, 'lock'), ''); // of a process that is about to write it
    const { stderr, status: code } = segloss('train', '-c', file, '--epochs', '1');
    expect(stderr).toContain('is being trained by another process');
    expect(code).toBe(75);
  });

  const small = path.join(folder, 'small-disk');
  mkdirSync(small);
  const { status: mounted } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]);
  const onSmallDisk = mounted === 0 ? it : it.skip;
  afterAll(() => void (mounted === 0 && spawnSync('umount', [small])));
  onSmallDisk(
    `says that the disk is full, and goes on when there is room${mounted === 0 ? '' : ' (skipped: no small file system can be mounted here)'}`,
    () => {
      const file = config('full');
      const ballast = path.join(small, 'ballast');
      writeFileSync(ballast, Buffer.alloc(190 * 1024));
      const full = segloss('train', '-c', file, '--out', small);
      expect(full.stderr).toContain('the disk is full: make room; the same command resumes');
      expect(full.status).toBe(1);
      rmSync(ballast);
      const again = segloss('train', '-c', file, '--out', small);
      expect(again.stderr).toContain('finished after 3 epochs');
      const [run] = readdirSync(small);
      expect(
        readFileSync(path.join(small, run!, 'metrics.jsonl')).equals(bytes('whole', 'metrics.jsonl')),
      ).toBe(true);
    },
  );

  it('tells events as JSON lines', () => {
    const { stdout } = segloss('train', '-c', config('events'), '--json');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; schemaVersion: number });
    expect(events.map(({ type }) => type)).toEqual([
      'run.start',
      'note', // epochs too short for the averages of batch normalization
      ...['epoch', 'epoch', 'epoch', 'run.end'],
    ]);
    expect(new Set(events.map(({ schemaVersion }) => schemaVersion))).toEqual(new Set([2]));
  });
});

describe('after a training', () => {
  it('segloss test scores every image, resized and by windows', () => {
    const { stdout, stderr, status: code } = segloss('test', runOf('whole'), '--surfaces', '1');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^weights: best \(/m);
    expect(stdout).toMatch(/class.*Dice.*IoU.*HD95.*true share.*p\/q soft.*p\/q hard/);
    const report = JSON.parse(bytes('whole', 'test-val.json').toString()) as {
      cases: { id: string; classes: { dice: number }[] }[];
      marginals: Record<'truth' | 'soft' | 'hard', number[]>;
    };
    expect(report.cases).toHaveLength(2);
    for (const shares of Object.values(report.marginals)) expect(shares[0]! + shares[1]!).toBeCloseTo(1, 6);
    const windows = segloss('test', runOf('whole'), '--window', '--overlap', '0.5', '--json');
    const same = JSON.parse(windows.stdout) as typeof report; // images have the size of a window
    const dice = ({ cases }: typeof report) => cases.map(({ classes }) => classes.map((one) => one.dice));
    expect(dice(same)).toEqual(dice(report));
  });

  it('a command says that the settings were edited', () => {
    const file = path.join(runOf('whole'), 'config.resolved.yaml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/^seed: .*/m, 'seed: 1234'));
    const { stderr } = segloss('test', runOf('whole'));
    writeFileSync(file, text);
    expect(stderr).toMatch(/^warning: .*config\.resolved\.yaml was edited after the training/m);
    expect(segloss('test', runOf('whole')).stderr).not.toContain('edited');
  });

  it('segloss predict writes label images, and names what it cannot read', () => {
    const images = path.join(folder, 'unseen');
    mkdirSync(images);
    copyFileSync(path.join(folder, 'images/images/case1.png'), path.join(images, 'a.png'));
    writeFileSync(path.join(images, 'b.png'), 'no image');
    const { stderr, status: code } = segloss('predict', runOf('whole'), 'unseen', '--out', 'labels');
    expect(stderr).toMatch(
      /left out: .*b\.png[\s\S]*1 label images in .*labels, values are 0 background, 1 foreground/,
    );
    expect(code).toBe(3);
    const { width, height, data } = decode(readFileSync(path.join(folder, 'labels/a.png')));
    expect([width, height]).toEqual([side, side]);
    expect(new Set(data)).toEqual(new Set([0, 1]));
  });

  it('segloss predict labels NIfTI volumes slice by slice, where they are', async () => {
    const [red, green, blue] = [200, 100, 50].map((value) => new Uint8Array(2 * side * side).fill(value));
    const geometry = { shape: [2, side, side], spacing: [3, 1, 0.5] } as const;
    const images = path.join(folder, 'single-volumes');
    mkdirSync(images);
    for (const [i, values] of [red!, green!, blue!].entries()) {
      await writeNifti(path.join(images, `case_000${i}.nii.gz`), values, geometry);
    }
    expect(segloss('predict', runOf('whole'), 'single-volumes', '--out', 'labels').status).toBe(0);
    const { shape, spacing, values } = await readNifti(path.join(folder, 'labels/case.nii.gz'));
    expect({ shape, spacing }).toEqual(geometry);
    expect(Array.from(values).every((label) => label === 0 || label === 1)).toBe(true);
  });

  it('segloss export writes model.json', () => {
    expect(segloss('export', runOf('whole'), '--out', 'model').status).toBe(0);
    const model = JSON.parse(readFileSync(path.join(folder, 'model/model.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(model).toMatchObject({
      format: 'layers-model',
      userDefinedMetadata: { classes: ['background', 'foreground'] },
    });
  });

  it('segloss export --quantize says how much the logits change', () => {
    const { stderr, status } = segloss('export', runOf('whole'), '--out', 'small', '--quantize', 'uint8');
    expect(stderr).toMatch(
      /uint8: logits change by at most [\d.e-]+ \(they reach [\d.e-]+\), and [\d.]+% of the labels, on \d validation images/,
    );
    expect(status).toBe(0);
    const both = segloss('export', runOf('whole'), '--out', 'x', '--quantize', 'uint8', '--format', 'onnx');
    expect([both.status, both.stderr]).toEqual([
      2,
      expect.stringContaining('--quantize is for --format tfjs'),
    ]);
    expect(segloss('export', runOf('whole'), '--out', 'x', '--quantize', 'int4').status).toBe(2);
  });

  it('segloss export --page writes a page with the model in it', () => {
    const out = path.join(folder, 'paged');
    const { status, stderr } = segloss(
      'export',
      runOf('whole'),
      '--out',
      'paged',
      '--page',
      '--quantize',
      'uint8',
    );
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining('wrote index.html, model.json and weights.bin'),
    ]);
    const html = readFileSync(path.join(out, 'index.html'), 'utf8');
    expect(html).toContain(readFileSync(path.join(out, 'weights.bin')).toString('base64'));
    expect(html).toMatch(/script-src 'sha256-[\w+/=]+' 'wasm-unsafe-eval'/);
    expect(html).toContain('data:application/wasm;base64,');
  });

  it('say what is no run', () => {
    const { stderr, status: code } = segloss('test', 'images');
    expect(stderr).toContain('is not a run folder: config.resolved.yaml is missing');
    expect(code).toBe(2);
  });
});
