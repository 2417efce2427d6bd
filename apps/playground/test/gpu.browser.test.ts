// Train on WebGPU, by SwiftShader: a program that does the work of a GPU, a hundred times slower than WebAssembly.
import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';

import { inBrowser, resultOf, without } from './in-browser.js';

/** What is used of WebGPU; the types of the DOM have none yet. */
interface Gpu {
  readonly GPUDevice: { readonly prototype: { createShaderModule(given: { code: string }): object } };
}

/** Trains one epoch and gives the numbers that the page shows. */
async function trained(page: Page) {
  await page.click('#train-run');
  await resultOf(page, '#train-hash');
  const { loss, soft, hash } = await page
    .locator('#train-report')
    .evaluate((element) => ({ ...(element as HTMLElement).dataset }));
  const notes = await page.locator('.note').allTextContents();
  return { loss: Number(loss), soft: Number(soft), hash, notes, backend: await page.textContent('#train-backend') };
} // prettier-ignore

inBrowser(
  'training on WebGPU',
  ({ open }) => {
    const link = '#v=1&tab=train&epochs=1&seed=3&train=ce+%2B+l1';

    async function trainOnProcessor() {
      const { page, problems } = await open(link);
      const found = await trained(page);
      await page.close();
      return { ...found, problems };
    }
    let known: ReturnType<typeof trainOnProcessor> | undefined;
    /** The training without a GPU, once for the tests in any order. */
    const onProcessor = () => (known ??= trainOnProcessor());

    it('is left to WebAssembly where the GPU is a program, and says so', async () => {
      const { page } = await open(link);
      await page.getByRole('radio', { name: 'WebGPU' }).waitFor({ state: 'attached' });
      expect(await page.textContent('#train-gpu')).toMatch(/swiftshader, the only GPU, is a program/i);
      await page.close();
      const { backend, notes, problems } = await onProcessor();
      expect(backend).toContain('WebAssembly');
      expect(notes).toEqual([]);
      expect(problems).toEqual([]);
    });

    it('has the numbers of WebAssembly where it is chosen, which the link keeps', async () => {
      const { page, problems } = await open(link);
      await page.getByRole('radio', { name: 'WebGPU' }).check();
      await page.waitForFunction(() => location.hash.includes('backend=webgpu'));
      const found = await trained(page);
      expect(found.backend).toMatch(/^WebGPU, .*swiftshader/i);
      expect(found.notes).toEqual([]);
      const expected = await onProcessor();
      expect(Math.abs(found.loss / expected.loss - 1)).toBeLessThan(1e-3);
      expect(Math.abs(found.soft / expected.soft - 1)).toBeLessThan(1e-2);
      expect(problems).toEqual([]);
      await page.close();
    });

    it('begins anew on WebAssembly where the GPU is lost, and draws its images again', async () => {
      const { page } = await open(`${link}&backend=webgpu`);
      await page.click('#train-run');
      await page.locator('#train-backend', { hasText: 'WebGPU' }).waitFor();
      await (await page.context().browser()!.newBrowserCDPSession()).send('Browser.crashGpuProcess');
      await resultOf(page, '#train-hash');
      expect(await page.textContent('#train-backend')).toContain('WebAssembly');
      expect(await page.locator('#train-report').getAttribute('data-hash')).toBe((await onProcessor()).hash);
      expect(await page.locator('.note').first().textContent()).toMatch(
        /^WebGPU stopped: the GPU was lost.* choose WebAssembly\.$/,
      );
      // No image is black all over.
      await page.waitForFunction(
        () =>
          [...document.querySelectorAll<HTMLCanvasElement>('.strip canvas')].filter((one) => {
            const { data } = one.getContext('2d')!.getImageData(0, 0, one.width, one.height);
            return data.every((value, i) => i % 4 === 3 || value === 0);
          }).length === 0,
      );
      await page.close();
    });

    // Scripts that run first do not reach workers: without workers the page computes.

    it('is refused where its numbers are wrong', async () => {
      const { page } = await open(`${link}&backend=webgpu`, {}, async (one) => {
        await without('Worker')(one);
        await one.addInitScript(() => {
          const device = (globalThis as unknown as Gpu).GPUDevice.prototype;
          const { createShaderModule } = device;
          device.createShaderModule = function (given) {
            // The gradient of max-pooling, as a driver with a fault might compute it.
            const code = given.code.replace('dotProd += dyValue * mask', 'dotProd += 0.9 * dyValue * mask');
            return createShaderModule.call(this, { ...given, code });
          };
        });
      });
      const { hash, notes, backend } = await trained(page);
      expect(backend).toContain('WebAssembly');
      expect(hash).toBe((await onProcessor()).hash);
      expect(notes).toEqual([
        expect.stringMatching(/is not used: its numbers differ, the gradient of \S+ is off by/),
      ]);
      await page.close();
    });
  },
  'swiftshader',
);
