// The page of `segloss export --page`, opened from a disk in Chromium: labels counted by hand, and no request to anywhere.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { exportModel, parseConfig, predictImage, releaseBackend, selectBackend, unet, type OpenRun } from '@segloss/trainer'; // prettier-ignore
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers';
import { buildSync } from 'esbuild';
import { decode, encode } from 'fast-png';
import { chromium, type Browser, type Page } from 'playwright-core';

import { exportPage } from '../src/export-page/page';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']; // prettier-ignore
/** Without a browser these tests are skipped, and named. */
const withBrowser = existsSync(CHROMIUM) ? describe : describe.skip;

let folder: string;
let script: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'segloss-page-'));
  await selectBackend('wasm');
  const { outputFiles } = buildSync({
    entryPoints: [path.join(root, 'apps/benchmark/src/export-page/main.ts')],
    ...{ bundle: true, format: 'iife', platform: 'browser', target: 'es2022', minify: true, write: false },
    loader: { '.wasm': 'dataurl' },
    ignoreAnnotations: true, // `sideEffects` of package.json names files of dist
    tsconfig: path.join(root, 'tsconfig.json'), // the sources
  });
  script = outputFiles[0]!.text;
}, 120_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await releaseBackend();
});

type Run = Pick<OpenRun, 'folder' | 'classes' | 'background' | 'config' | 'inputShape' | 'model'>;

/** A run of a model that nobody trained. */
function runOf(model: LayersModel, classes: string[], normalize: object | 'none' = 'none'): Run {
  const config = parseConfig({ data: { folder: 'demo', normalize }, loss: 'ce' });
  const inputShape = model.inputs[0]!.shape.slice(1) as number[];
  return { folder: path.join(folder, 'red-things'), classes, background: 0, config, inputShape, model };
}

/** Writes the page of a run; its path. */
async function pageOf(run: Run, name: string): Promise<string> {
  const at = path.join(folder, name);
  await exportModel(run.model, at, {}, { overwrite: true });
  const [topology, weights] = [readFileSync(path.join(at, 'model.json'), 'utf8'), readFileSync(path.join(at, 'weights.bin'))]; // prettier-ignore
  const file = path.join(at, 'index.html');
  writeFileSync(file, exportPage(run, { topology, weights }, script));
  return file;
}

/** Red where (red - 1/2) / (1/4) is above 1: from 192 of 255. */
function redModel(): LayersModel {
  const model = sequential({ layers: [layers.conv2d({ inputShape: [4, 6, 3], filters: 1, kernelSize: 1 })] });
  model.setWeights([tf.tensor4d([1, 0, 0], [1, 1, 3, 1]), tf.tensor1d([-1])]);
  return model;
}
const normalize = { mean: [0.5, 0.1, 0.2], std: [0.25, 1, 1] };

const png = (width: number, height: number, channels: number, value: (i: number) => number) =>
  Buffer.from(encode({ width, height, channels, depth: 8, data: Uint8Array.from({ length: width * height * channels }, (_, i) => value(i)) })); // prettier-ignore

withBrowser('an exported page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  }, 120_000);
  afterAll(() => browser?.close());

  /** A page from the disk; errors of its console, and whatever it asks for besides itself, are problems. */
  async function open(file: string): Promise<{ page: Page; problems: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
    const problems: string[] = [];
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    const url = pathToFileURL(file).href;
    page.on('request', (request) => {
      const target = request.url();
      if (target !== url && !/^(data|blob):/.test(target)) problems.push(`request to ${target}`);
    });
    await page.goto(url);
    await page.waitForSelector('#file:not([disabled])', { timeout: 120_000 });
    return { page, problems };
  }

  /** Gives the page a file; its labels. */
  async function segment(page: Page, name: string, buffer: Buffer): Promise<Uint8Array> {
    await page.setInputFiles('#file', { name, mimeType: 'image/png', buffer });
    await page.locator('#status', { hasText: new RegExp(`^${name}: `) }).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#labels')]);
    expect(download.suggestedFilename()).toBe(name.replace('.png', '-labels.png'));
    const { data, channels } = decode(readFileSync(await download.path()));
    return Uint8Array.from({ length: data.length / channels }, (_, i) => data[i * channels]!);
  }

  it('labels a dropped image as the normalization and the weights say', async () => {
    const { page, problems } = await open(
      await pageOf(runOf(redModel(), ['other', 'red'], normalize), 'red'),
    );
    // Red rises by 10 from pixel to pixel; green and blue would decide if the channels were exchanged.
    const labels = await segment(
      page,
      'ramp.png',
      png(6, 4, 3, (i) => (i % 3 === 0 ? 10 * (i / 3) : 255 - i)),
    );
    expect(Array.from(labels)).toEqual(Array.from({ length: 24 }, (_, i) => (10 * i > 191.25 ? 1 : 0)));
    const cells = await page.$$eval('#sizes tbody tr', (rows) =>
      rows.map(({ textContent }) => textContent!.trim().split(/\s+/)),
    );
    expect(cells).toEqual([
      ['other', '20', '83.33%'],
      ['red', '4', '16.67%'],
    ]);
    // Twice as large: each pixel becomes four of its color, and the model sees the means of four.
    const large = await segment(page, 'large.png', png(12, 8, 3, (i) => (i % 3 === 0 && (Math.floor(i / 3) % 12) >= 6 ? 255 : 0))); // prettier-ignore
    expect([0, 4, 7, 11].map((x) => large[3 * 12 + x])).toEqual([0, 0, 1, 1]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('gives the labels that segloss predict gives, of a network with three classes on gray images', async () => {
    const model = unet({ inputShape: [16, 16, 1], outputs: 3, widths: [4, 8], norm: 'batch', seed: 4 });
    const run = runOf(model, ['background', 'a <b>', 'c']);
    const { page, problems } = await open(await pageOf(run, 'gray'));
    const image = png(20, 12, 1, (i) => (i * 37) % 251);
    const labels = await segment(page, 'gray.png', image);
    const pixels = decode(image).data;
    const sample = { id: 'gray', width: 20, height: 12, channels: 1, image: Float32Array.from(pixels, (value) => value / 255), mask: new Uint8Array(240) }; // prettier-ignore
    const expected = await predictImage([run], sample);
    expect(new Set(expected.labels).size).toBeGreaterThan(1);
    expect(Array.from(labels)).toEqual(Array.from(expected.labels));
    await page.setInputFiles('#file', {
      name: 'text.png',
      mimeType: 'image/png',
      buffer: Buffer.from('text'),
    });
    await page.waitForSelector('#status.wrong');
    expect(await page.textContent('#status')).toBe('text.png is not an image that this browser can read; choose a PNG, JPEG or WebP file'); // prettier-ignore
    expect(await page.locator('#picture').isVisible()).toBe(false);
    expect(problems).toEqual([]);
    await page.close();
  });
});

describe('exportPage', () => {
  it('allows its own script and nothing else', async () => {
    const html = readFileSync(await pageOf(runOf(redModel(), ['other', 'red']), 'policy'), 'utf8');
    const [, policy] = /Content-Security-Policy"\s+content="([^"]+)"/.exec(html)!;
    expect(policy!.replace(/'sha256-[\w+/=]+'/, 'HASH')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src HASH 'wasm-unsafe-eval'; connect-src data:",
    );
    expect(html).not.toMatch(/(?:src|href)="http/);
  });

  it('refuses volumes and images of two channels', () => {
    for (const inputShape of [
      [4, 4, 4, 1],
      [4, 4, 2],
    ]) {
      const run = { ...runOf(redModel(), ['a', 'b']), inputShape };
      expect(() => exportPage(run, { topology: '{}', weights: new Uint8Array(0) }, '')).toThrow('--page is for models of gray or color images'); // prettier-ignore
    }
  });
});
