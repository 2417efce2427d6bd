// Predictions of a folder: which files are one case, what a gray model reads, and that no input is ever harmed.
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readImageVolume, readNifti, sliceOf, writeNifti } from '@segloss/data';
import {
  exportModel,
  openRun,
  predictFolder,
  runTraining,
  testRun,
  type Decoding,
  type OpenRun,
} from '@segloss/trainer';
import { decode, encode } from 'fast-png';

import { appendDurably, namingFile } from '../src/logs/files';
import { casesOf } from '../src/run/predict-cases';
import { predictImage } from '../src/run/predict-image';
import { scratch, tinyRun, writeDataset, writePng } from './run-fixture';

let folder: string;
let remove: () => void;
let run: OpenRun;
let images: string;
let n = 0;

beforeAll(async () => {
  ({ folder, remove } = scratch());
  writeDataset(path.join(folder, 'data'), [2, 4, 6, 8, 10, 12]);
  run = await openRun((await runTraining(tinyRun(folder, { epochs: 1 }))).folder);
});
beforeEach(() => {
  images = path.join(folder, `images-${++n}`);
  mkdirSync(images);
});
afterAll(() => {
  run.model.dispose();
  remove();
});
const into = (name: string) => path.join(folder, `${name}-${n}`);
const touch = (...names: string[]) => names.forEach((name) => writeFileSync(path.join(images, name), ''));
const names = (channels: number) =>
  casesOf(images, channels).map(
    ({ name, files }) => `${name}: ${files.map((file) => path.basename(file)).join(' ')}`,
  );

describe('the cases of a folder', () => {
  it('are single volumes where numbers do not count the channels of the model', () => {
    touch('case_0001.nii.gz', 'case_0002.nii.gz');
    expect(names(1)).toEqual(['case_0001: case_0001.nii.gz', 'case_0002: case_0002.nii.gz']);
    expect(names(2)).toEqual(['case_0001: case_0001.nii.gz', 'case_0002: case_0002.nii.gz']);
  });

  it('are volumes with a file for each channel where the numbers go from 0', () => {
    touch('a_0000.nii.gz', 'a_0001.nii.gz', 'b_0001.NII.GZ', 'b_0000.NII.GZ', 'c_0000.nii');
    expect(names(2)).toEqual([
      'a: a_0000.nii.gz a_0001.nii.gz',
      'b: b_0000.NII.GZ b_0001.NII.GZ',
      'c_0000: c_0000.nii',
    ]);
    touch('p_0001_0000.nii.gz', 'p_0001_0001.nii.gz', 'p_0002_0000.nii.gz', 'p_0002_0001.nii.gz');
    expect(names(2)).toContain('p_0001: p_0001_0000.nii.gz p_0001_0001.nii.gz');
    expect(names(2)).toContain('p_0002: p_0002_0000.nii.gz p_0002_0001.nii.gz');
    expect(names(1)).toContain('c: c_0000.nii');
    expect(names(1)).toContain('a_0001: a_0001.nii.gz'); // two files: no channel of a model that takes one
  });

  it('do not include hidden files, folders of other kinds and text', () => {
    touch('._a.png', '.hidden.nii', 'notes.txt', 'ä b.c.PNG', 'a.jpeg', 'b.tiff');
    expect(names(1)).toEqual(['a: a.jpeg', 'b: b.tiff', 'ä b.c: ä b.c.PNG'].sort());
  });

  it('are refused where two would have one label file', () => {
    touch('a.png', 'a.jpg');
    expect(() => names(1)).toThrow(/a\.jpg and a\.png would have one label file; rename/);
  });

  it('may be an image and a volume of one name', () => {
    touch('a.png', 'a.nii.gz');
    expect(names(1)).toEqual(['a: a.png', 'a: a.nii.gz']);
  });
});

describe('predictFolder', () => {
  it('labels a gray image alike however it is stored', async () => {
    const gray = (i: number) => (7 * i) % 200;
    const write = (name: string, channels: 1 | 3 | 4, of: (i: number, c: number) => number) => {
      const data = Uint8Array.from({ length: 256 * channels }, (_, i) =>
        of(Math.floor(i / channels), i % channels),
      );
      writeFileSync(path.join(images, name), encode({ width: 16, height: 16, data, channels, depth: 8 }));
    };
    write('gray.png', 1, gray);
    write('rgb.png', 3, gray);
    write('rgba.png', 4, (i, c) => (c === 3 ? 255 : gray(i)));
    write('color.png', 3, (i, c) => (c === 0 ? 255 : gray(i)));
    const { written, unreadable } = await predictFolder(run, images, into('out'));
    const [first, ...others] = written.map((file) => decode(readFileSync(file)));
    expect(others).toHaveLength(2);
    for (const other of others) expect(other.data).toEqual(first!.data);
    expect(unreadable).toEqual([
      {
        image: 'color',
        reason: expect.stringMatching(
          /color\.png: the model takes gray images, got colors/,
        ) as unknown as string,
      },
    ]);
  });

  it('writes a volume for each patient', async () => {
    for (const patient of ['p_0001', 'p_0002']) {
      await writeNifti(path.join(images, `${patient}.nii.gz`), new Uint8Array(512).fill(9), {
        shape: [2, 16, 16],
      });
    }
    const { written } = await predictFolder(run, images, into('out'));
    expect(written.map((file) => path.basename(file))).toEqual(['p_0001.nii.gz', 'p_0002.nii.gz']);
    const two = { ...run, inputShape: [16, 16, 2] as const };
    const { written: none, unreadable } = await predictFolder(two, images, into('two'));
    expect(none).toEqual([]);
    expect(unreadable.map(({ image }) => image)).toEqual(['p_0001', 'p_0002']);
    expect(unreadable[0]!.reason).toMatch(
      /p_0001\.nii\.gz: wanted 2 channels as the model takes, got 1; .*p_0001_0000\.nii\.gz, p_0001_0001\.nii\.gz/,
    );
  });
});

describe('images in subfolders', () => {
  beforeEach(() => {
    mkdirSync(path.join(images, 'a/b'), { recursive: true });
    mkdirSync(path.join(images, '.hidden'));
    for (const name of ['a/one.png', 'a/b/one.png', '.hidden/no.png'])
      writePng(path.join(images, name), 16, (x) => x);
    symlinkSync('..', path.join(images, 'a/round'));
  });

  it('are counted, and predicted into folders of the same names with recursive', async () => {
    await expect(predictFolder(run, images, into('none'))).rejects.toThrow(
      /its subfolders have 2: read them with --recursive/,
    );
    writePng(path.join(images, 'one.png'), 16, (x) => x);
    expect(await predictFolder(run, images, into('flat'))).toMatchObject({
      written: [path.join(into('flat'), 'one.png')],
      inSubfolders: 2,
    });
    const { written, inSubfolders } = await predictFolder(run, images, into('deep'), { recursive: true });
    expect(written.map((file) => path.relative(into('deep'), file))).toEqual([
      'a/b/one.png',
      'a/one.png',
      'one.png',
    ]);
    expect(inSubfolders).toBe(0);
  });
});

describe('decoding', () => {
  const counted = (file: string) => decode(readFileSync(file)).data.filter((label) => label === 1).length;

  it('gives labels of the size of the summed probabilities with volume', async () => {
    for (const name of ['a', 'b'])
      writePng(path.join(images, `${name}.png`), 16, (x, y) => (x < 7 && y < 9 ? 210 : 30) + x);
    const flags = { decode: { policy: 'volume' } } as const;
    const { written } = await predictFolder(run, images, into('volume'), flags);
    const report = await testRun(run, flags);
    expect(report.decode).toEqual(flags.decode);
    for (const { classes } of report.cases) {
      // Largest remainders: the whole number of pixels next to the sum.
      expect(Math.abs(classes[1]!.predicted - classes[1]!.softPredicted!)).toBeLessThan(1);
    }
    const plain = await testRun(run);
    expect(plain.decode).toBeUndefined();
    const off = plain.cases.map(({ classes }) =>
      Math.abs(classes[1]!.predicted - classes[1]!.softPredicted!),
    );
    expect(Math.max(...off)).toBeGreaterThan(1);
    expect(written.map(counted).every((pixels) => pixels > 0)).toBe(true);
  });

  it('gives the pixels above a threshold, and no small components', async () => {
    writePng(path.join(images, 'a.png'), 16, (x, y) => (x < 7 && y < 9 ? 210 : 30) + x);
    const pixels = async (decoding: Decoding) =>
      counted(
        (await predictFolder(run, images, into(JSON.stringify(decoding)), { decode: decoding })).written[0]!,
      );
    expect(await pixels({ policy: 'threshold', threshold: 0 })).toBe(256);
    expect(await pixels({ policy: 'threshold', threshold: 0, minComponent: 256 })).toBe(256);
    expect(await pixels({ policy: 'threshold', threshold: 0, minComponent: 257 })).toBe(0);
    expect(await pixels({ policy: 'threshold', threshold: 0.999 })).toBe(0);
  });

  it('decodes all slices of a volume together', async () => {
    const values = Uint8Array.from({ length: 3 * 256 }, (_, i) => (i * 7) % 251);
    await writeNifti(path.join(images, 'v.nii.gz'), values, { shape: [3, 16, 16] });
    const { written } = await predictFolder(run, images, into('slices'), { decode: { policy: 'volume' } });
    const labels = (await readNifti(written[0]!)).values;
    const { volume } = await readImageVolume([path.join(images, 'v.nii.gz')]);
    let sum = 0;
    for (let index = 0; index < 3; index++) {
      const { probabilities } = await predictImage([run], sliceOf(volume, { index }));
      for (let i = 1; i < probabilities.length; i += 2) sum += probabilities[i]!;
    }
    expect(Math.abs(Uint8Array.from(labels).reduce((total, label) => total + label, 0) - sum)).toBeLessThan(
      1,
    );
  });
});

describe('a full disk', () => {
  it('is an error that names the file', () => {
    const failing = () =>
      namingFile('out/last.safetensors', () => {
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      });
    expect(failing).toThrow('cannot write out/last.safetensors: ENOSPC: no space left on device, write');
    expect(() => appendDurably('/dev/full', Buffer.from('x'))).toThrow(/\/dev\/full.*ENOSPC|EINVAL/);
  });
});

describe('output over input', () => {
  const bytes = () =>
    readdirSync(images).map((name) => readFileSync(path.join(images, name)).toString('hex'));
  beforeEach(() => writePng(path.join(images, 'a.png'), 16, (x) => x));

  it.each(['itself', 'a link to it', 'another way to it'])('is refused: the folder %s', async (way) => {
    symlinkSync(images, into('link'));
    const out = {
      itself: images,
      'a link to it': into('link'),
      'another way to it': `${images}/../images-${n}`,
    }[way]!;
    const before = bytes();
    await expect(predictFolder(run, images, out, { overwrite: true })).rejects.toMatchObject({
      name: 'OutputError',
      message: expect.stringContaining('would go into a folder that is read') as unknown as string,
    });
    expect(bytes()).toEqual(before);
  });

  it.each(['labels', 'new/labels'])('is refused: the folder %s in it, through a link', async (name) => {
    symlinkSync(images, into('link'));
    await expect(predictFolder(run, images, path.join(into('link'), name))).rejects.toMatchObject({
      name: 'OutputError',
      message: `${path.join(into('link'), name)}: lies in ${images}, which is read; choose another folder for the output`,
    });
    expect(readdirSync(images)).toEqual(['a.png']);
  });

  it.each(['hard', 'symbolic'])('is refused: a %s link to an image', async (kind) => {
    const out = into('out');
    mkdirSync(out);
    const link = path.join(out, 'a.png');
    if (kind === 'hard') linkSync(path.join(images, 'a.png'), link);
    else symlinkSync(path.join(images, 'a.png'), link);
    const before = bytes();
    await expect(predictFolder(run, images, out, { overwrite: true })).rejects.toThrow(
      'would replace a file that is read',
    );
    expect(bytes()).toEqual(before);
  });

  it('is refused: files that segloss did not write, before anything is predicted', async () => {
    const out = into('out');
    cpSync(images, out, { recursive: true });
    writePng(path.join(images, 'b.png'), 16, (x) => x);
    const mine = readFileSync(path.join(out, 'a.png'));
    await expect(predictFolder(run, images, out)).rejects.toThrow(
      /a\.png: there already, and not written by segloss/,
    );
    expect(readFileSync(path.join(out, 'a.png'))).toEqual(mine);
    expect(existsSync(path.join(out, 'b.png'))).toBe(false);
    await predictFolder(run, images, out, { overwrite: true });
    expect(readFileSync(path.join(out, 'a.png'))).not.toEqual(mine);
  });

  it('is allowed for its own labels, until somebody edits them', async () => {
    const out = into('out');
    await predictFolder(run, images, out);
    const { written } = await predictFolder(run, images, out);
    writePng(written[0]!, 16, () => 1);
    await expect(predictFolder(run, images, out)).rejects.toThrow('changed since');
  });

  it('is refused for an export into the folder of the run', async () => {
    await expect(exportModel(run.model, run.folder, {}, { reads: [run.folder] })).rejects.toThrow('is read');
    const out = into('model');
    await exportModel(run.model, out);
    await exportModel(run.model, out);
    writeFileSync(path.join(out, 'model.json'), '{}');
    await expect(exportModel(run.model, out)).rejects.toThrow('model.json: there already');
    await exportModel(run.model, out, {}, { overwrite: true });
  });

  it('reports images of formats that are not read', async () => {
    writePng(path.join(images, 'a.png'), 16, () => 9);
    for (const name of ['b.bmp', 'c.npy', 'notes.txt', '.hidden.bmp'])
      writeFileSync(path.join(images, name), 'x');
    const { written, unreadable } = await predictFolder(run, images, path.join(folder, 'formats'));
    expect(written.map((file) => path.basename(file))).toEqual(['a.png']);
    expect(unreadable.map(({ image }) => image)).toEqual(['b.bmp', 'c.npy']);
  });
});
