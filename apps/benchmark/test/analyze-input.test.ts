// What masks can look like on a disk: turned volumes, many labels, blurred edges, links, names with escape sequences.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { writeNifti, type NiftiGeometry } from '@segloss/data';
import { encode } from 'fast-png';
import jpeg from 'jpeg-js';

import { analyze, putMask, some, temporaryFolder } from './analyze-run.js';

const folder = temporaryFolder();
const at = (...names: string[]) => path.join(folder, ...names);
const put = (file: string, values: readonly number[]) => putMask(at(file), values, [10, values.length / 10]);
const foreground = ({ report }: Awaited<ReturnType<typeof analyze>>) => report.runs[0]!.cases[0]!;

describe('volumes', () => {
  type Affine = NonNullable<NiftiGeometry['affine']>;
  const straight: Affine = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]; // prettier-ignore
  const mirrored: Affine = [[-1, 0, 0, 3], [0, 1, 0, 0], [0, 0, 1, 0]]; // prettier-ignore
  const put3 = async (file: string, labels: readonly number[], affine: Affine, shape = [1, 2, 4]) => {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    await writeNifti(at(file), Uint8Array.from(labels), { shape: shape as [number, number, number], affine });
  };
  // One pixel on the right is ignored; the prediction has the foreground there too.
  const truth = [1, 1, 0, 255, 0, 0, 0, 255];
  const predicted = [1, 1, 0, 1, 0, 0, 0, 1];

  it('are compared where they are, whatever the order of their voxels', async () => {
    await put3('turned/gt/a.nii.gz', truth, straight);
    await put3('turned/same/a.nii.gz', predicted, straight);
    await put3('turned/mirrored/a.nii.gz', [1, 0, 1, 1, 1, 0, 0, 0], mirrored);
    const swapped: Affine = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]]; // prettier-ignore
    await put3('turned/swapped/a.nii.gz', [1, 0, 1, 0, 0, 0, 1, 1], swapped, [1, 4, 2]);
    for (const run of ['same', 'mirrored', 'swapped']) {
      const result = await analyze(at('turned'), { pred: [run], gt: 'gt', json: true });
      expect([result.code, foreground(result).truth[1], foreground(result).predicted[1]]).toEqual([
        0,
        2 / 6,
        2 / 6,
      ]);
    }
  });

  it('of another place are faults', async () => {
    await put3('elsewhere/gt/a.nii.gz', truth, straight);
    await put3('elsewhere/gt/b.nii.gz', truth, straight);
    await put3('elsewhere/pred/a.nii.gz', predicted, [[1, 0, 0, 40], [0, 1, 0, 0], [0, 0, 1, 0]]); // prettier-ignore
    await put3('elsewhere/pred/b.nii.gz', predicted, straight);
    const { code, report } = await analyze(at('elsewhere'), { pred: ['pred'], gt: 'gt', json: true });
    expect(code).toBe(3);
    expect(report.faults).toMatchObject([{ kind: 'size-mismatch', id: 'a', message: expect.stringContaining('wanted volumes at the same place') }]); // prettier-ignore
  });

  it('of an atlas whose labels reach 255 are refused until it is clear what 255 means', async () => {
    const labels = Array.from({ length: 300 }, (_, i) => (i < 280 ? i % 20 : 250 + (i % 6)));
    await put3('corpus/gt/a.nii.gz', labels, straight, [1, 30, 10]);
    const run = (more: object) => analyze(at('corpus'), { pred: ['gt'], gt: 'gt', json: true, ...more });
    await expect(run({})).rejects.toThrow(/and 255 too: .*if 255 is a class, name another number/);
    const { code, report } = await run({ ignore: 1000 });
    expect([code, report.classes.at(-1)]).toEqual([0, '255']);
  });

  it('of 300 labels are counted without their names', async () => {
    const labels = Array.from({ length: 300 }, (_, i) => i % 250);
    await put3('atlas/gt/a.nii.gz', labels, straight, [1, 30, 10]);
    const { code, report } = await analyze(at('atlas'), { pred: ['gt'], gt: 'gt', json: true });
    expect([code, report.classes.length]).toEqual([0, 250]);
  });
});

describe('images', () => {
  it('of 118 labels that are named are counted, and the page stays short', async () => {
    put(
      'many/gt/a.png',
      Array.from({ length: 400 }, (_, i) => i % 118),
    );
    const classes = Array.from({ length: 118 }, (_, k) => `c${k}`);
    const flags = { pred: ['gt'], gt: 'gt', classes };
    const { code, report } = await analyze(at('many'), { ...flags, json: true });
    expect([code, report.classes.length]).toEqual([0, 118]);
    await analyze(at('many'), { ...flags, out: 'page.html' });
    const page = readFileSync(at('many/page.html'), 'utf8');
    expect(page.match(/<svg/g)!.length).toBeLessThanOrEqual(12);
    expect(page).toContain('c117');
  });

  // 100 pixels: white, gray on the edge of the region, black.
  const blurred = (white: number, gray: readonly number[]) => [
    ...new Array<number>(white).fill(255),
    ...gray,
    ...new Array<number>(100 - white - gray.length).fill(0),
  ];

  it('with blurred edges are read by the threshold 127, on either side, decided over all of them', async () => {
    put('blurred/gt/a.png', blurred(20, [250, 200, 128, 127, 60, 30, 10, 3]));
    put('blurred/gt/b.png', some(10, 100, 255));
    put('blurred/sharp/a.png', some(11));
    put('blurred/sharp/b.png', some(10));
    put('blurred/soft/a.png', blurred(10, [240, 90, 30, 25, 20, 15, 10, 5]));
    put('blurred/soft/b.png', some(10, 100, 255));
    const { code, report } = await analyze(at('blurred'), { pred: ['sharp', 'soft'], gt: 'gt', json: true });
    expect(code).toBe(0);
    expect(report.classes).toEqual(['background', 'foreground']);
    expect(report.runs.map(({ cases }) => cases.map(({ truth, predicted }) => [truth[1], predicted[1]]))).toEqual([
      [[0.23, 0.11], [0.1, 0.1]],
      [[0.23, 0.11], [0.1, 0.1]],
    ]); // prettier-ignore
    expect(report.notes.filter((note) => note.includes('grays between black and white'))).toEqual([
      'labels of true masks: masks hold grays between black and white (10 values): above 127 is foreground',
      'labels of soft: masks hold grays between black and white (10 values): above 127 is foreground',
    ]);
  });

  it('of scaled labels are refused: 255 is a class there', async () => {
    put('scaled/gt/a.png', [...some(50, 80, 255), ...some(20, 20, 128)]);
    await expect(analyze(at('scaled'), { pred: ['gt'], gt: 'gt' })).rejects.toThrow(
      /labels scaled to be visible, or blurred; save them as 0, 1, 2/,
    );
  });

  const refusal = async (set: string, pattern: RegExp, more: object = {}) =>
    expect(analyze(at(set), { pred: ['pred'], gt: 'gt', json: true, ...more })).rejects.toThrow(pattern);

  it('of 0 and 1 in some and of 0 and 255 in others are refused on either side, and read by label-map.json', async () => {
    for (const [set, mixed, plain] of [['mixed', 'gt', 'pred'], ['mixed-pred', 'pred', 'gt']] as const) {
      put(`${set}/${mixed}/a.png`, some(20));
      put(`${set}/${mixed}/b.png`, some(40, 100, 255));
      put(`${set}/${plain}/a.png`, some(20));
      put(`${set}/${plain}/b.png`, some(40));
      await refusal(set, /got 1 with the value 1 \(.*a\.png\) and 1 with 255 \(.*b\.png\)/);
      writeFileSync(at(set, mixed, 'label-map.json'), '{"255": 1}');
      const { code, report } = await analyze(at(set), { pred: ['pred'], gt: 'gt', json: true });
      expect([code, report.runs[0]!.cases.map(({ truth, predicted }) => [truth[1], predicted[1]])]).toEqual([
        0,
        [
          [0.2, 0.2],
          [0.4, 0.4],
        ],
      ]);
    }
  }); // prettier-ignore

  it('of only 0 and 255 among class numbers are refused until it is clear what 255 means', async () => {
    for (const folder of ['gt', 'pred']) {
      put(`void/${folder}/a.png`, some(20, 100, 2));
      put(`void/${folder}/b.png`, some(40, 100, folder === 'gt' ? 255 : 2));
    }
    await refusal('void', /class numbers in .*a\.png and only 0 and 255 in .*b\.png; .*--ignore 255/);
    const { report } = await analyze(at('void'), { pred: ['pred'], gt: 'gt', json: true, ignore: 255 });
    expect(report.runs[0]!.cases.map(({ truth, predicted }) => [truth, predicted])).toEqual([
      [[0.8, 0.2], [0.8, 0.2]],
      [[1, 0], [1, 0]],
    ]); // prettier-ignore
    const named = await analyze(at('void'), {
      pred: ['pred'],
      gt: 'gt',
      json: true,
      classes: ['a', 'b', 'c'],
    });
    expect(named.report.runs[0]!.cases[1]!.truth).toEqual([1, 0, 0]);
  });

  type Color = [number, number, number];
  const black: Color = [0, 0, 0];
  const [red, green, white]: Color[] = [[255, 0, 0], [0, 255, 0], [255, 255, 255]]; // prettier-ignore
  const putIndexed = (file: string, values: readonly number[], palette: Color[]) => {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    const data = Uint8Array.from(values);
    writeFileSync(at(file), encode({ width: 10, height: 10, channels: 1, depth: 8, data, palette }));
  };
  const three = [...some(20, 50, 1), ...some(20, 50, 2)];

  it('with palettes of other orders are refused, in a folder and between truth and prediction', async () => {
    putIndexed('palettes/gt/a.png', three, [black, red!, green!]);
    putIndexed('palettes/pred/a.png', three, [black, green!, red!]);
    await refusal(
      'palettes',
      /one palette order in all masks, got the color #00ff00 as 2 in .*gt.* and as 1 in .*pred/,
    );
    putIndexed('palettes/pred/a.png', three, [black, red!, green!]);
    const { code, report } = await analyze(at('palettes'), { pred: ['pred'], gt: 'gt', json: true });
    expect([code, report.runs[0]!.cases[0]!.predicted]).toEqual([0, [0.6, 0.2, 0.2]]);
    for (const folder of ['gt', 'pred']) putIndexed(`palettes/${folder}/b.png`, three, [black, green!, red!]);
    await refusal('palettes', /one palette order in all masks/);
  });

  it('with white as 1 or as 255 in palettes of two classes are one foreground', async () => {
    putIndexed('white/gt/a.png', some(20), [black, white!]);
    const grays = Array.from({ length: 256 }, (_, i): Color => [i, i, i]);
    putIndexed('white/pred/a.png', some(20, 100, 255), grays);
    const { code, report } = await analyze(at('white'), { pred: ['pred'], gt: 'gt', json: true });
    expect([code, report.runs[0]!.cases[0]!.predicted]).toEqual([0, [0.8, 0.2]]);
  });

  it('that are cut out by transparency hold their opacity', async () => {
    put('opaque/gt/a.png', some(20));
    const data = Uint8Array.from({ length: 400 }, (_, i) => (i % 4 < 3 || i < 80 ? 255 : 0));
    mkdirSync(at('opaque/pred'));
    writeFileSync(at('opaque/pred/a.png'), encode({ width: 10, height: 10, channels: 4, depth: 8, data }));
    const { code, report } = await analyze(at('opaque'), { pred: ['pred'], gt: 'gt', json: true });
    expect([code, report.runs[0]!.cases[0]!.predicted]).toEqual([0, [0.8, 0.2]]);
  });

  it('are read as black and white whatever photograph lies among them', async () => {
    for (const folder of ['gt', 'pred']) {
      put(`among/${folder}/a.png`, some(20, 100, 255));
      put(
        `among/${folder}/b.png`,
        Array.from({ length: 100 }, (_, i) => (folder === 'gt' ? i + 100 : 0)),
      );
    }
    const { code, report } = await analyze(at('among'), { pred: ['pred'], gt: 'gt', json: true });
    expect([code, report.faults.map(({ id, kind }) => [id, kind]), report.runs[0]!.cases]).toEqual([
      3,
      [['b', 'bad-label']],
      [{ id: 'a', truth: [0.8, 0.2], predicted: [0.8, 0.2] }],
    ]);
  });

  it('keep 255 as ignored among low labels', async () => {
    put('ignored/gt/a.png', [...some(50, 80, 255), ...some(10, 20, 7)]);
    const { report } = await analyze(at('ignored'), { pred: ['gt'], gt: 'gt', json: true });
    expect(foreground({ report } as never).truth).toEqual([0.8, 0.2]);
  });
});

describe('folders', () => {
  it('are read without links that lead out of them, unless requested', async () => {
    put('links/gt/a.png', some(20));
    put('links/secret/b.png', some(30));
    put('links/gt2/a.png', some(20));
    symlinkSync(at('links/secret/b.png'), at('links/gt/b.png'));
    symlinkSync(at('links/secret'), at('links/gt/more'));
    symlinkSync(at('links/gt'), at('links/gt/again'));
    symlinkSync('a.png', at('links/gt/c.png'));
    const run = (followLinks: boolean) =>
      analyze(at('links'), { pred: ['gt'], gt: 'gt', json: true, followLinks });
    const { code, report, stderr } = await run(false);
    expect(code).toBe(3);
    expect(report.runs[0]!.cases.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(stderr).toMatch(
      /link.*b\.png is a link to .*secret\/b\.png, outside the folder; pass --follow-links/,
    );
    const followed = await run(true);
    expect(followed.report.runs[0]!.cases.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'more/b']);
  });

  it('hold no files of macOS, and names are equal in any Unicode form', async () => {
    put('names/gt/é.png', some(20));
    put('names/pred/é.png', some(10));
    writeFileSync(at('names/pred/._é.png'), 'x');
    const { code, report } = await analyze(at('names'), { pred: ['pred'], gt: 'gt', json: true });
    expect([code, report.faults, report.runs[0]!.cases.length]).toEqual([0, [], 1]);
  });

  it('are never written into, nor files of others replaced', async () => {
    put('out/gt/a.png', some(20));
    put('out/pred/a.png', some(10));
    writeFileSync(at('out/mine.html'), 'mine');
    const run = (out: string, more = {}) => analyze(at('out'), { pred: ['pred'], gt: 'gt', out, ...more });
    await expect(run('gt/a.png')).rejects.toThrow(/gt: the output would go into a folder that is read/);
    await expect(run('pred/sub/page.html')).rejects.toThrow(/lies in .*pred, which is read/);
    await expect(run('mine.html')).rejects.toThrow(/there already, and not written by segloss/);
    expect(readFileSync(at('out/mine.html'), 'utf8')).toBe('mine');
    await run('page.html');
    await run('page.html'); // its own
    await run('mine.html', { overwrite: true });
    writeFileSync(at('out/summary.json'), '{"metric_per_case": []}');
    await expect(analyze(at('out'), { nnunet: ['summary.json'], out: 'summary.json' })).rejects.toThrow(
      /would replace a file that is read/,
    );
  });

  it('print names without escape sequences, and the page without HTML of theirs', async () => {
    put('escape/gt/\u001b[31m<b>.png', some(20));
    put('escape/\u001b]0;pred\u0007/\u001b[31m<b>.png', some(10));
    const flags = { pred: ['\u001b]0;pred\u0007'], gt: 'gt', classes: ['bg', '<script>\u001b[2J'] };
    const { stdout, stderr } = await analyze(at('escape'), { ...flags, out: 'page.html' });
    expect(stdout).toContain('\\x1b[31m<b>  too small');
    expect(stdout + stderr).not.toMatch(/[\u001b\u0007]/); // eslint-disable-line no-control-regex
    const page = readFileSync(at('escape/page.html'), 'utf8');
    expect(page).not.toContain('<script>');
    expect(page).not.toContain('<b>');
  });
});

describe('labels that a program has changed', () => {
  it('are whole numbers again where the header of a volume scales them', async () => {
    const labels = Array.from({ length: 20 }, (_, i) => i % 4);
    await writeNifti(await placed('rounded/gt/a.nii'), Uint8Array.from(labels), { shape: [1, 2, 10] });
    // The same labels as stored values of a header whose scale is not quite 1.
    const bytes = readFileSync(at('rounded/gt/a.nii'));
    bytes.writeFloatLE(Math.fround(1 + 2 ** -23), 112);
    writeFileSync(await placed('rounded/pred/a.nii'), bytes);
    const { code, report } = await analyze(at('rounded'), { pred: ['pred'], gt: 'gt', json: true });
    expect([report.faults, code, report.classes]).toEqual([[], 0, ['0', '1', '2', '3']]);
    expect(report.runs[0]!.cases[0]!.predicted).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('are refused where class numbers were saved as JPEG', async () => {
    const data = Uint8Array.from({ length: 4 * 256 }, (_, i) => (i % 4 === 3 ? 255 : (i >> 6) % 4));
    await placed('jpeg/pred/a.jpg');
    writeFileSync(at('jpeg/pred/a.jpg'), jpeg.encode({ width: 16, height: 16, data }, 95).data);
    putMask(
      at('jpeg/gt/a.png'),
      Array.from({ length: 256 }, (_, i) => (i >> 4) % 4),
      [16, 16],
    );
    await expect(analyze(at('jpeg'), { pred: ['pred'], gt: 'gt', json: true })).rejects.toThrow(
      'class numbers that are saved as JPEG are lost',
    );
  });

  async function placed(file: string): Promise<string> {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    return at(file);
  }
});

describe('probabilities in gray images', () => {
  const flags = { pred: ['pred'], gt: 'gt', json: true, probabilities: true };
  const write = (name: string, value: number) => {
    for (const [i, ones] of [10, 40].entries()) {
      put(`${name}/gt/${i}.png`, some(ones));
      put(`${name}/pred/${i}.png`, some(ones, 100, i * value));
    }
    return at(name);
  };

  it('are refused where they are class numbers, instead of counted as almost nothing', async () => {
    await expect(analyze(write('class-numbers', 1), flags)).rejects.toThrow(
      /the largest probability of pred is 0\.00392; if they hold class numbers, leave out --probabilities/,
    );
  });

  it('say the largest of them where it is below 0.5, as of values from 0 to 100', async () => {
    const { code, report } = await analyze(write('percent', 100), flags);
    expect([code, report.notes.at(-1)]).toEqual([
      0,
      'the largest probability of pred is 0.392, where 255 (of 16 bits: 65535) stands for 1',
    ]);
    expect((await analyze(write('full', 255), flags)).report.notes.join()).not.toContain('largest');
  });
});

describe('inputs that should differ', () => {
  const warnings = ({ report }: Awaited<ReturnType<typeof analyze>>) =>
    report.notes.filter((note) => note.startsWith('warning: '));

  it('are reported where truth and predictions are the same files, by links or as copies', async () => {
    for (const [i, ones] of [20, 30].entries()) {
      put(`twice/gt/${i}.png`, some(ones));
      put(`twice/copy/${i}_pred.png`, some(ones));
      put(`twice/other/${i}.png`, some(i === 0 ? ones : 31));
    }
    symlinkSync(at('twice/gt'), at('twice/link'));
    for (const pred of ['gt', 'link', 'copy', './gt/']) {
      const result = await analyze(at('twice'), { pred: [pred], gt: 'gt', json: true });
      expect(warnings(result)).toEqual([
        expect.stringMatching(
          /the predictions of \w+ and the true masks are the same files, .*in all 2 cases/,
        ),
      ]);
      expect(result.stderr).toContain('are the same files');
    }
    expect(warnings(await analyze(at('twice'), { pred: ['other'], gt: 'gt', json: true }))).toEqual([]);
    const two = await analyze(at('twice'), { pred: ['other', 'other'], gt: 'gt', json: true });
    expect(warnings(two)).toEqual([expect.stringContaining('other 1 and other 2 are the same files')]);
  });
});
