import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { setRelaxedSimd } from '@segloss/kernels';
import { root } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Page } from 'playwright-core';

import { ownTrainData } from '../src/core/own-images.js';
import { hashOfWeights, syntheticTrainData, trainJob, type TrainData } from '../src/core/train-job.js';
import { inBrowser, resultOf, without } from './in-browser.js';

const nuclei = join(root, 'packages/data/demo/nuclei');
const folder = mkdtempSync(join(tmpdir(), 'playground-train-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Hash of the weights and the size after training in Node, on one thread of wasm. */
async function inNode(settings: { spec: string; epochs: number; seed: number }, data: TrainData) {
  setRelaxedSimd(false);
  await tf.setBackend('wasm');
  const job = trainJob(settings, data);
  let soft = NaN;
  let step = await job.next();
  for (; !step.done; step = await job.next()) soft = step.value.soft;
  const hash = await hashOfWeights(step.value.getWeights().map((one) => one.dataSync() as Float32Array));
  return { hash, soft };
}

/** Hash, size and backend after training in the page. */
async function inPage(page: Page) {
  await page.click('#train-run');
  await resultOf(page, '#train-hash');
  const { hash, soft } = await page
    .locator('#train-report')
    .evaluate((element) => ({ ...(element as HTMLElement).dataset }));
  return { hash, soft: Number(soft), backend: await page.textContent('#train-backend') };
}

inBrowser('training in the page', ({ open }) => {
  const settings = { spec: 'dice', epochs: 2, seed: 3 };
  const link = '#v=1&tab=train&epochs=2&seed=3';
  let expected: Awaited<ReturnType<typeof inNode>>;
  beforeAll(async () => {
    expected = await inNode(settings, await syntheticTrainData());
  });

  it('trains bit-identical to Node, on several threads in an isolated page', async () => {
    const { page, problems } = await open(link);
    const isolated = await page.evaluate(() => [crossOriginIsolated, navigator.hardwareConcurrency]);
    const { backend, ...found } = await inPage(page);
    expect(found).toEqual(expected);
    const threads = Math.min(4, isolated[1] as number);
    expect(isolated[0]).toBe(true);
    expect(backend).toBe(`WebAssembly, ${threads === 1 ? 'one thread' : `${threads} threads`}.`);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('trains on WebAssembly where WebGPU is chosen and not there, with the reason', async () => {
    const { page, problems } = await open(`${link}&backend=webgpu`);
    expect((await inPage(page)).hash).toBe(expected.hash);
    const reason = 'the browser offers no GPU: there is none, or its driver is blocked.';
    expect(await page.textContent('#train-gpu')).toContain(`No WebGPU: ${reason}`);
    expect(await page.locator('.note').allTextContents()).toEqual([`WebGPU is not used: ${reason}`]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('gives the same weights on one thread where the page is not isolated', async () => {
    const { page } = await open(link, {}, async (one) => {
      await one.addInitScript(() => Object.defineProperty(globalThis, 'crossOriginIsolated', { value: false })); // prettier-ignore
    });
    expect(await inPage(page)).toEqual({ ...expected, backend: 'WebAssembly, one thread.' });
    await page.close();
  });

  it('trains in the page where there are no workers, and says so', async () => {
    const { page, problems } = await open(link, {}, without('Worker'));
    const { backend, ...found } = await inPage(page);
    expect(found).toEqual(expected);
    expect(backend).toContain('No worker here');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('trains in plain JavaScript where there is no WebAssembly, and says so', async () => {
    // Scripts that run first do not reach workers: without workers the page computes.
    const { page } = await open('#v=1&tab=train&epochs=1&seed=3', {}, without('Worker', 'WebAssembly'));
    const { backend, soft } = await inPage(page);
    expect(backend).toContain('No WebAssembly here');
    expect(soft).toBeGreaterThan(0);
    await page.close();
  });

  it('says what fails where its files cannot be loaded, and trains without them', async () => {
    const { page } = await open('#v=1&tab=train&epochs=1&seed=3', {}, async (one) => {
      await one.route('**/*.wasm', (route) => route.abort());
    });
    const { backend } = await inPage(page);
    expect(backend).toMatch(/^No WebAssembly here \(.+\): plain JavaScript/);
    await page.close();
  });

  it('trains on images of the user, paired by their names', async () => {
    const of = (name: string) => {
      const files = readdirSync(join(nuclei, name)).sort().slice(0, 8);
      const [path, suffix] = [join(folder, name), name === 'masks' ? '_mask' : ''];
      mkdirSync(path, { recursive: true });
      for (const file of files)
        writeFileSync(join(path, file.replace('.png', `${suffix}.png`)), readFileSync(join(nuclei, name, file))); // prettier-ignore
      const blobs = readdirSync(path).map((file) => [file, new Blob([readFileSync(join(path, file))])] as const); // prettier-ignore
      return { path, name, files: new Map(blobs) };
    };
    const [images, masks] = [of('images'), of('masks')];
    const { page, problems } = await open('#v=1&tab=train&epochs=1&seed=3');
    await page.getByRole('radio', { name: 'Your own' }).check();
    await page.click('#train-run');
    expect(await page.textContent('#problem')).toContain('Choose a folder of images');
    await page.setInputFiles('#own-images', images.path);
    await page.setInputFiles('#own-masks', masks.path);
    const { hash } = await inPage(page);
    const data = await ownTrainData({ images, masks });
    expect([data.train.length, data.val.length]).toEqual([6, 2]);
    expect(hash).toBe((await inNode({ ...settings, epochs: 1 }, data)).hash);
    expect(await page.textContent('.results')).toContain('6 images to train on, 2 to validate');

    rmSync(join(masks.path, 'train-000_mask.png'));
    writeFileSync(join(images.path, 'notes.txt'), 'no image');
    await page.setInputFiles('#own-images', images.path);
    await page.setInputFiles('#own-masks', masks.path);
    await page.click('#train-run');
    await page.waitForSelector('#problem');
    expect(await page.textContent('#problem')).toContain('image without mask: train-000.png');

    writeFileSync(join(masks.path, 'train-000_mask.png'), 'text');
    await page.setInputFiles('#own-masks', masks.path);
    await page.click('#train-run');
    await page.waitForFunction(() =>
      document.querySelector('#problem')?.textContent?.includes('neither PNG'),
    );
    expect(problems).toEqual([]);
    await page.close();
  });
});
