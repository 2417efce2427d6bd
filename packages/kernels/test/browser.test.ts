// The kernels in headless Chromium: on wasm, and on WebGPU with SwiftShader, where it has it.
import { describe, expect, it } from '@jest/globals';

import { type Findings } from './checks/run';
import { bundle } from './hosts/bundle';
import { chromium, openInChromium, swiftshader } from './hosts/chromium';

type Found = Findings & { errors: string[]; isolated: boolean; missing?: string; threw?: string };

const missing = chromium === undefined && 'no Chromium on this machine; set CHROME_PATH';
const suite = missing ? describe.skip : describe;

suite(`in headless Chromium${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const script = bundle('in-page', 'sources');

  it('the kernels on wasm give what float64 loops give, and a U-Net learns', async () => {
    const amount = { statistics: 60, subsets: 20, focal: 20, side: 512, convolutions: 40 };
    const task = { backend: 'wasm', amount };
    const found = await openInChromium<Found>({ script, task, gpu: 'off', seconds: 500 });
    expectSound(found, 'wasm');
    expect(found.isolated).toBe(false);
  });

  it('a page can be cross-origin isolated, as shared memory asks', async () => {
    const found = await openInChromium({ script, task: {}, gpu: 'off', isolated: true, seconds: 500 });
    expect(found).toEqual({ isolated: true });
  });

  const noGpu = swiftshader === undefined && ' (skipped: this Chromium brings no SwiftShader)';
  const itOnGpu = noGpu ? it.skip : it;
  itOnGpu(
    `the kernels on WebGPU give what float64 loops give, and a U-Net learns${noGpu || ''}`,
    async () => {
      const amount = { statistics: 12, subsets: 2, focal: 12, side: 100, convolutions: 3 };
      const task = { backend: 'webgpu', amount };
      const found = await openInChromium<Found>({ script, task, gpu: 'swiftshader', seconds: 500 });
      expect(found.missing).toBeUndefined();
      expectSound(found, 'webgpu');
    },
  );
});

function expectSound(found: Found, backend: string): void {
  expect(found.threw).toBeUndefined();
  expect(found.backend).toBe(backend);
  expect(found.errors).toEqual([]);
  expect(found.wrong).toEqual([]);
  expect(found.many.value).toBeLessThan(2e-6);
  expect(found.many.gradient).toBeLessThan(2e-6);
  const { slope, difference, losses, leaked } = found.step;
  expect(Math.abs(difference / slope - 1)).toBeLessThan(0.03);
  expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!);
  expect(leaked).toBe(0);
  expect(found.leaked).toBe(0);
}
