import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { marginalForce } from '@segloss/bias';
import { parseLoss } from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers the gradients

import { pixelsOf } from '../src/core/pixels.js';
import { predictedLogits, shapeMask, SIDE } from '../src/core/scene.js';
import { inBrowser, resultOf, without } from './in-browser.js';

inBrowser('screens of the playground', ({ dist, open }) => {
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
        without(...(worker ? [] : ['Worker'])),
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

  it('Bias card: the same numbers with and without a worker; the whole cross-entropy is least at the true size', async () => {
    const cells: string[][] = [];
    for (const worker of [true, false]) {
      const { page, problems } = await open(
        '#v=1&tab=card&card=ce',
        {},
        without(...(worker ? [] : ['Worker'])),
      );
      await page.click('#measure');
      await resultOf(page, '#card-minima');
      expect(await page.locator('#place').count()).toBe(worker ? 0 : 1);
      cells.push(await page.locator('#card-minima td').allTextContents());
      expect(problems).toEqual([]);
      await page.close();
    }
    expect(cells[0]).toEqual(cells[1]);
    expect(cells[0]!.slice(0, 3).map((text) => Math.abs(Number(text) - 1) < 0.05)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('Bias card: a formula that cannot be read is a message, and so is its code', async () => {
    const { page, problems } = await open('#v=1&tab=card&card=formula%3A+overlap+%2B');
    await page.click('#measure');
    expect(await page.textContent('#problem')).toContain('formula at 11: wanted a number or a name');
    await page.click('text=Code');
    expect(await page.textContent('dialog[open] #problem')).toMatch(
      /^There is no code of this: formula at 11/,
    );
    expect(problems).toEqual([]);
    await page.close();
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
});
