import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { marginalForce } from '@segloss/bias';
import '@segloss/kernels/wasm';
import { setRelaxedSimd } from '@segloss/kernels';
import { parseLoss } from '@segloss/losses';
import { root } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { encode } from 'fast-png';
import { chromium, type Browser, type Page } from 'playwright-core';
import { analyzeFiles, sizeReportJson } from 'segloss/analyze';

import { pixelsOf } from '../src/core/pixels.js';
import { predictedLogits, shapeMask, SIDE } from '../src/core/scene.js';
import { hashOfWeights, syntheticTrainData, trainJob, type TrainReport } from '../src/core/train-job.js';
import { TABS } from '../src/state/state.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const folder = join(root, 'apps/playground');
/** Without a browser these tests are skipped, and named. */
const withBrowser = existsSync(CHROMIUM) ? describe : describe.skip;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']; // prettier-ignore

let browser: Browser;
let server: ChildProcess | undefined;
let url = '';
const dist = mkdtempSync(join(tmpdir(), 'playground-'));

withBrowser('the playground in a browser', () => {
  beforeAll(async () => {
    const vite = join(root, 'node_modules/vite/bin/vite.js');
    execFileSync(process.execPath, [vite, 'build', '--outDir', dist, '--logLevel', 'error'], { cwd: folder });
    server = spawn(process.execPath, [join(root, 'tools/site/serve.mjs'), dist, '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(server.stdout!, 'data')) as [Buffer];
    url = /http:\S+/.exec(line.toString())![0];
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    server?.kill();
  });

  /** A page at a hash; errors of its console, and requests that leave the site, fail the test. */
  async function open(
    hash: string,
    options: Parameters<Browser['newPage']>[0] = {},
    before?: (page: Page) => Promise<void>,
  ) {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 900 },
      reducedMotion: 'reduce',
      ...options,
    });
    const problems: string[] = [];
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    await page.route('**/*', (route) => {
      const target = route.request().url();
      if ([url, 'data:', 'blob:'].some((start) => target.startsWith(start))) return route.continue();
      problems.push(`request to ${target}`);
      return route.abort();
    });
    await before?.(page);
    await page.goto(`${url}/${hash}`);
    await page.waitForSelector('#screen .results');
    return { page, problems };
  }

  it('loads at most 80 kB of script, gzip', () => {
    const html = readFileSync(join(dist, 'index.html'), 'utf8');
    const scripts = [...html.matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g)].map(([, path]) => path!);
    expect(scripts.length).toBeGreaterThan(0);
    const bytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(dist, path))).length, 0);
    expect(bytes).toBeGreaterThan(10_000); // it is really there
    expect(bytes).toBeLessThan(80_000);
  });

  it('Curve: minima of the penalties at q = 2 %, moved by keys alone', async () => {
    const { page, problems } = await open('#v=1');
    const cell = (spec: string) => page.locator(`#minima tr[data-spec="${spec}"] td`).first().textContent();
    expect(await cell('ce')).toBe('2 %');
    expect(await cell('dice')).toBe('0 %');
    expect(await cell('ce + l1')).toBe('2 %');
    expect(await cell('ce(classWeights=inverse)')).toBe('50 %');
    await page.focus('.panel input[type=range]');
    await page.keyboard.press('End');
    await expect(page.locator('#minima tr[data-spec="ce"] td').first().textContent()).resolves.toBe('90 %');
    await page.waitForFunction(() => location.hash.includes('q=0.9'));
    await page.focus('.plot');
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('.readout').textContent()).toMatch(/^Cross-entropy: [\d.e-]+ at [\d.]+$/);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('Paint: the sums of the maps are the marginal forces of the library; painting by keys, and back', async () => {
    await tf.setBackend('cpu');
    const { page, problems } = await open('#v=1&tab=paint&q=0.05&loss=ce&loss=dice&loss=ce+%2B+l1');
    const mask = shapeMask('disc', 0.05);
    const { z } = pixelsOf(predictedLogits(mask, 'blurred'), mask);
    for (const spec of ['ce', 'dice', 'ce + l1']) {
      const net = Number(await page.getAttribute(`.tile[data-spec="${spec}"]`, 'data-net'));
      const labels = tf.tensor3d(Array.from(mask), [1, SIDE, SIDE], 'int32');
      const [force] = marginalForce(
        parseLoss(spec),
        labels,
        tf.tensor4d(Array.from(z), [1, SIDE, SIDE, 1]),
      ).dataSync();
      expect(Math.abs(net + force!)).toBeLessThan(1e-6);
    }
    const shown = () => page.locator('.tile').first().locator('figcaption span').textContent();
    const before = await shown();
    await page.focus('.paintable');
    await page.keyboard.press('ArrowUp');
    for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowUp');
    await page.keyboard.press(' ');
    expect(await shown()).not.toBe(before);
    await page.keyboard.press('u');
    expect(await shown()).toBe(before);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('Race: the preset Rare & clear, twice the same digits, with and without a worker', async () => {
    const digits: string[] = [];
    for (const worker of [true, false]) {
      const { page, problems } = await open(
        '#v=1&tab=race&q=0.01&loss=dice&loss=ce+%2B+l1',
        {},
        async (one) => {
          if (!worker) await one.addInitScript(() => Reflect.deleteProperty(globalThis, 'Worker'));
        },
      );
      await page.click('#race-run');
      await page.waitForFunction(
        () => document.querySelector('#race-steps')?.textContent?.startsWith('1500'),
        undefined,
        { timeout: 120_000 },
      );
      const row = (spec: string) => page.locator(`#standings tr[data-spec="${spec}"]`);
      const hard = Number(await row('dice').getAttribute('data-hard'));
      const soft = Number(await row('ce + l1').getAttribute('data-soft'));
      expect(hard).toBeGreaterThan(0.72);
      expect(hard).toBeLessThan(0.9);
      expect(Math.abs(soft - 1)).toBeLessThan(0.02);
      digits.push(`${hard} ${soft}`);
      expect(problems).toEqual([]);
      await page.close();
    }
    expect(digits[0]).toBe(digits[1]);
  });

  it('Simplex: cross-entropy and L1 end at the truth, Dice in a corner', async () => {
    const { page } = await open('#v=1&tab=simplex');
    const end = async (name: string) =>
      (await page.getAttribute(`#ends tr[data-name="${name}"]`, 'data-end'))!.split(',').map(Number);
    for (const name of ['kl', 'l1'])
      (await end(name)).forEach((share, k) => expect(share).toBeCloseTo([0.6, 0.3, 0.1][k]!, 2));
    expect((await end('dice'))[0]).toBeGreaterThan(0.99);
    (await end('weighted-ce')).forEach((share) => expect(share).toBeCloseTo(1 / 3, 2));
    await page.close();
  });

  it('Your masks: the JSON of segloss analyze; files that are no masks are said', async () => {
    const [gt, pred] = ['gt', 'pred'].map((name) => mkdirSync(join(dist, '..', `masks-${name}-${process.pid}`), { recursive: true })!) as [string, string]; // prettier-ignore
    const mask = (size: number) => Uint8Array.from({ length: 256 }, (_, i) => (i < size ? 1 : 0));
    for (let i = 0; i < 6; i++) {
      writeFileSync(
        join(gt, `${i}.png`),
        encode({ width: 16, height: 16, channels: 1, data: mask(10 + 9 * i) }),
      );
      writeFileSync(
        join(pred, `${i}.png`),
        encode({ width: 16, height: 16, channels: 1, depth: 16, data: Uint16Array.from(mask(6 + 10 * i)) }),
      );
    }
    writeFileSync(join(gt, '6.png'), 'this is text');
    writeFileSync(join(pred, '6.png'), encode({ width: 16, height: 16, channels: 1, data: mask(3) }));
    const { page, problems } = await open('#v=1&tab=masks');
    await page.setInputFiles('#truth', gt);
    await page.setInputFiles('#predictions', pred);
    await page.click('#analyze');
    await page.waitForSelector('#report-json', { state: 'attached' });
    const shown = JSON.parse((await page.locator('#report-json').textContent())!) as {
      faults: { message: string }[];
    };
    const of = (path: string) => ({
      name: path.split('/').at(-1)!,
      files: new Map(readdirSync(path).map((name) => [name, new Blob([readFileSync(join(path, name))])])),
    });
    expect(shown).toEqual(
      JSON.parse(sizeReportJson(await analyzeFiles({ truth: of(gt), predictions: [of(pred)] }))),
    );
    expect(shown.faults.map(({ message }) => message).join()).toContain('neither PNG nor JPEG nor TIFF');
    await page.setInputFiles('#summary', {
      name: 'summary.json',
      mimeType: 'application/json',
      buffer: Buffer.from('no JSON'),
    });
    await page.waitForSelector('#problem');
    expect(await page.textContent('#problem')).toContain('it is no JSON');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('Train: the weights of Node, to the last bit', async () => {
    setRelaxedSimd(false);
    await tf.setBackend('wasm');
    const job = trainJob({ spec: 'dice', epochs: 2, seed: 3 }, await syntheticTrainData());
    const reports: TrainReport[] = [];
    let step = await job.next();
    for (; !step.done; step = await job.next()) reports.push(step.value);
    const hash = await hashOfWeights(step.value.getWeights().map((one) => one.dataSync() as Float32Array));
    await tf.setBackend('cpu');
    const { page, problems } = await open('#v=1&tab=train&epochs=2&seed=3');
    await page.click('#train-run');
    await page.waitForSelector('#train-hash', { timeout: 120_000 });
    const shown = await page
      .locator('#train-report')
      .evaluate((element) => ({ ...(element as HTMLElement).dataset }));
    expect(shown.hash).toBe(hash);
    expect(Number(shown.soft)).toBe(reports.at(-1)!.soft);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('Train and Bias card say that they need workers or wasm where there are none', async () => {
    const { page } = await open('#v=1&tab=train', {}, async (one) => {
      await one.addInitScript(() => Reflect.deleteProperty(globalThis, 'Worker'));
    });
    await page.click('#train-run');
    expect(await page.textContent('#problem')).toContain('needs web workers');
    await page.close();
  });

  it.each(TABS)('%s: no serious finding of axe, 360 px wide, dark, forced colors, zoomed', async (tab) => {
    const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
    for (const options of [
      {},
      { colorScheme: 'dark' },
      { viewport: { width: 360, height: 740 } },
      { viewport: { width: 320, height: 256 }, forcedColors: 'active' },
    ] as const) {
      const { page, problems } = await open(`#v=1&tab=${tab}`, options);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect([options, wide]).toEqual([options, 0]);
      if (!('forcedColors' in options)) {
        await page.evaluate(axe);
        const serious = await page.evaluate(async () => {
          const { violations } = await (
            globalThis as unknown as {
              axe: {
                run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
              };
            }
          ).axe.run();
          return violations
            .filter(({ impact }) => ['serious', 'critical'].includes(impact))
            .map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
        });
        expect(serious).toEqual([]);
      }
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  it('all tabs by keys alone, and the code of a screen', async () => {
    const { page, problems } = await open('#v=1');
    await page.focus('#tab-curve');
    for (const tab of [...TABS.slice(1), TABS[0]!]) {
      await page.keyboard.press('ArrowRight');
      await page.waitForSelector(`#tab-${tab}[aria-selected=true]`);
      expect(await page.evaluate(() => document.activeElement?.id)).toBe(`tab-${tab}`);
    }
    await page.click('text=Code');
    expect(await page.textContent('#code-ts')).toContain('parseLoss("ce + l1")');
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('a bad link is read with a note, and offline the loaded screens work on', async () => {
    const { page } = await open('#v=7&q=zzz&loss=%3Cscript%3E&evil=1');
    expect(await page.textContent('#notes')).toContain('q: wanted a number');
    await page.context().setOffline(true);
    await page.focus('.panel input[type=range]');
    await page.keyboard.press('End');
    expect(await page.locator('#minima tr[data-spec="ce"] td').first().textContent()).toBe('90 %');
    await page.close();
  });
});
