import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { readMask } from '@segloss/data';
import { sharedData } from '@segloss/testing';
import { encode } from 'fast-png';
import type { Page } from 'playwright-core';
import { analyzeFiles, sizeReportJson } from 'segloss/analyze';

import { analyzeCommand } from '../../benchmark/src/commands/analyze.js';
import { inBrowser, resultOf, without } from './in-browser.js';

const top = mkdtempSync(join(tmpdir(), 'playground-masks-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

let folders = 0;
/** Creates a new folder with one for true masks and one for predictions. */
function newFolders(): { folder: string; gt: string; pred: string } {
  const folder = join(top, String(folders++));
  const [gt, pred] = [join(folder, 'gt'), join(folder, 'pred')];
  for (const path of [gt, pred]) mkdirSync(path, { recursive: true });
  return { folder, gt, pred };
}

const gray = (width: number, height: number, data: Uint8Array) =>
  encode({ width, height, channels: 1, data });
/** A mask of 16 x 16 pixels whose first `count` pixels are 1. */
const ones = (count: number) => Uint8Array.from({ length: 256 }, (_, i) => Number(i < count));

/** Folders of six true masks, and of predictions in 16 bit. */
function pair() {
  const { folder, gt, pred } = newFolders();
  for (let i = 0; i < 6; i++) {
    const data = Uint16Array.from(ones(6 + 10 * i));
    writeFileSync(join(gt, `${i}.png`), gray(16, 16, ones(10 + 9 * i)));
    writeFileSync(join(pred, `${i}.png`), encode({ width: 16, height: 16, channels: 1, depth: 16, data }));
  }
  return { folder, gt, pred };
}

/** The JSON that the page shows for two folders. */
async function reportOf(page: Page, gt: string, pred: string) {
  await page.setInputFiles('#truth', gt);
  await page.setInputFiles('#predictions', pred);
  await page.click('#analyze');
  await resultOf(page, '#report-json');
  return (await page.locator('#report-json').textContent())!;
}

/** Drops files or folders of this machine where an input is, as a pointer does. */
async function drop(page: Page, input: string, ...paths: readonly string[]): Promise<void> {
  const place = page.locator('.drop', { has: page.locator(input) });
  await place.scrollIntoViewIfNeeded();
  const box = (await place.boundingBox())!;
  const devtools = await page.context().newCDPSession(page);
  const at = { x: box.x + box.width / 2, y: box.y + 12, data: { items: [], files: [...paths], dragOperationsMask: 1 } }; // prettier-ignore
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await devtools.send('Input.dispatchDragEvent', { type, ...at });
  await devtools.detach();
}

/** What `segloss analyze --json` prints. */
async function printed(folder: string, more: object): Promise<string> {
  let stdout = '';
  const stream = (write: (text: string) => void) => ({ write }) as unknown as NodeJS.WriteStream;
  const terminal = { stdout: stream((text) => (stdout += text)), stderr: stream(() => {}), folder, env: {} };
  const flags = { gt: 'gt', pred: ['pred'], json: true, quantiles: 4, resamples: 1000, seed: 0, ...more };
  await analyzeCommand(flags, terminal);
  return stdout.replaceAll(`${folder}/`, ''); // the page knows the names of folders, not where they are
}

/** Where two values differ: numbers by more than the last bits, in which versions of V8 have other logarithms. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (typeof a === 'number' && typeof b === 'number')
    return Math.abs(a - b) <= 1e-9 * Math.max(1e-3, Math.abs(a), Math.abs(b)) ? [] : [`${path}: ${a}, ${b}`];
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return a === b ? [] : [`${path}: ${String(a)}, ${String(b)}`];
  const [x, y] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].flatMap((key) =>
    differences(x[key], y[key], `${path}/${key}`),
  );
}

inBrowser('your masks', ({ open }) => {
  it.each([true, false])('gives the JSON of segloss analyze (workers: %s)', async (workers) => {
    const { gt, pred } = pair();
    const { page, problems } = await open('#v=1&tab=masks', {}, async (one) => {
      if (!workers) await without('Worker')(one);
    });
    const shown = JSON.parse(await reportOf(page, gt, pred)) as unknown;
    const of = (path: string) => ({
      name: basename(path),
      files: new Map(readdirSync(path).map((name) => [name, new Blob([readFileSync(join(path, name))])])),
    });
    const here = await analyzeFiles({ truth: of(gt), predictions: [of(pred)] });
    expect(shown).toEqual(JSON.parse(sizeReportJson(here)));
    expect(problems).toEqual([]);
    await page.close();
  });

  it('takes folders that are dropped, with the folders in them and more than a hundred files', async () => {
    const { folder, gt, pred } = newFolders();
    for (const top of [gt, pred]) {
      mkdirSync(join(top, 'more/deep'), { recursive: true });
      for (let i = 0; i < 104; i++) {
        const count = top === gt ? 40 + i : 30 + i;
        writeFileSync(join(top, i < 2 ? 'more/deep' : '', `${i}.png`), gray(16, 16, ones(count)));
      }
    }
    const { page, problems } = await open('#v=1&tab=masks');
    await drop(page, '#truth', gt);
    await drop(page, '#predictions', pred);
    await page.getByText('pred: 104 files').waitFor();
    expect(await page.locator('.drop').allTextContents()).toEqual([
      expect.stringContaining('gt: 104 files'),
      expect.stringContaining('pred: 104 files'),
    ]);
    await page.click('#analyze');
    await resultOf(page, '#report-json');
    const shown: unknown = JSON.parse((await page.locator('#report-json').textContent())!);
    expect(differences(shown, JSON.parse(await printed(folder, {})))).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('reports files that are not masks, too large or truncated, and analyzes the others', async () => {
    const { gt, pred } = pair();
    for (const name of ['text', 'large', 'bomb']) writeFileSync(join(pred, `${name}.png`), gray(16, 16, ones(3))); // prettier-ignore
    writeFileSync(join(gt, 'text.png'), 'this is text');
    writeFileSync(join(gt, 'large.png'), '');
    truncateSync(join(gt, 'large.png'), 300 * 2 ** 20);
    const bomb = Buffer.from(gray(16, 16, ones(3)));
    bomb.writeUInt32BE(60_000, 16); // width and height of the header
    bomb.writeUInt32BE(60_000, 20);
    writeFileSync(join(gt, 'bomb.png'), bomb);
    const { page, problems } = await open('#v=1&tab=masks');
    const { faults, runs } = JSON.parse(await reportOf(page, gt, pred)) as {
      faults: { message: string }[];
      runs: { cases: unknown[] }[];
    };
    const said = faults.map(({ message }) => message).sort();
    expect(said).toHaveLength(3);
    expect(said.find((text) => text.includes('text.png'))).toContain('neither PNG nor JPEG nor TIFF');
    expect(said.find((text) => text.includes('large.png'))).toContain('files of up to');
    expect(said.some((text) => text.includes('bomb.png'))).toBe(true);
    expect(runs[0]!.cases).toHaveLength(6);
    await page.setInputFiles('#summary', {
      name: 'summary.json',
      mimeType: 'application/json',
      buffer: Buffer.from('no JSON'),
    });
    await page.waitForSelector('#problem');
    expect(await page.textContent('#problem')).toContain('it is not JSON');
    expect(problems).toEqual([]);
    await page.close();
  });

  /** Sets of real masks: PNG of 0 and 255, JPEG, class numbers with one that is ignored. */
  const REAL = [
    { set: 'cracks', below: 'masks', ignore: undefined },
    { set: 'polyp-kvasir', below: 'TrainDataset/masks', ignore: undefined },
    { set: 'CamVid', below: 'valannot', ignore: 11 },
  ];
  for (const { set, below, ignore } of REAL) {
    const data = sharedData(set);
    const title = `gives the JSON of segloss analyze for real masks: ${set}`;
    if (data === undefined) it.skip(`${title} (../shared/data/${set} is not there)`, () => {});
    else
      it(title, async () => {
        const { folder, gt, pred } = newFolders();
        const names = readdirSync(join(data, below)).sort().slice(0, 8);
        for (const name of names) {
          copyFileSync(join(data, below, name), join(gt, name));
          const { width, height, values, lossy } = await readMask(join(gt, name), { allowJpeg: true });
          // The prediction: the true mask, five pixels to the right.
          const moved = Uint8Array.from(values, (_, i) => {
            const value = values[i % width < 5 ? i : i - 5]!;
            if (lossy) return 255 * Number(value > 127);
            return value === ignore ? 0 : value; // no model predicts it
          });
          writeFileSync(join(pred, name.replace(/\.\w+$/, '.png')), gray(width, height, moved));
        }
        const { page, problems } = await open('#v=1&tab=masks');
        if (ignore !== undefined) await page.getByLabel('Ignored label').fill(String(ignore));
        const shown = JSON.parse(await reportOf(page, gt, pred)) as {
          faults: unknown[];
          runs: { cases: unknown[] }[];
        };
        const command: unknown = JSON.parse(await printed(folder, ignore === undefined ? {} : { ignore }));
        expect(differences(shown, command)).toEqual([]);
        expect(shown.faults).toEqual([]);
        expect(shown.runs[0]!.cases).toHaveLength(8);
        expect(problems).toEqual([]);
        await page.close();
      });
  }
});
