// The WGSL kernels in Node, on Dawn with a software GPU: correctness only.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerWebGPUKernels, webgpuKernelNames } from '@segloss/kernels';
import { getKernel } from '@tensorflow/tfjs-core';

import { temporaryFolder } from '../../../test/packed';
import { type Findings } from './checks/run';
import { findDawn } from './hosts/dawn';
import { checkInNode } from './hosts/node';

type Found = Findings & { errors: string[]; losses: Record<string, string>; threw?: string };

const temporary = temporaryFolder();
afterAll(() => temporary.remove());
const dawn = findDawn(temporary.path);
const missing = 'missing' in dawn && dawn.missing;
const suite = missing ? describe.skip : describe;

suite(`the kernels on WebGPU${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let found: Found;
  beforeAll(() => {
    if ('missing' in dawn) return;
    const amount = { statistics: 80, subsets: 5, focal: 30, side: 330, convolutions: 2 };
    const options = { packages: 'sources', seconds: 500, env: dawn.env } as const;
    found = checkInNode<Found>({ backend: 'webgpu', amount, dawn: dawn.url }, options);
  });

  it('give what float64 loops give, with no error of a shader', () => {
    expect(found.threw).toBeUndefined();
    expect(found.errors).toEqual([]);
    expect(found.wrong).toEqual([]);
    expect(found.leaked).toBe(0);
  });

  it('sum 10^5 pixels without drift', () => {
    expect(found.many.value).toBeLessThan(1e-6);
    expect(found.many.gradient).toBeLessThan(1e-6);
  });

  it('train a U-Net, with the slope of its loss', () => {
    const { slope, difference, losses, leaked } = found.step;
    expect(Math.abs(difference / slope - 1)).toBeLessThan(0.03);
    expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!);
    expect(leaked).toBe(0);
  });

  it('leave every loss right but those that read distances back, which Node cannot at once', () => {
    const cannot = 'OffscreenCanvas is not defined';
    expect(found.losses).toEqual({
      boundary: cannot,
      cbdice: cannot,
      'distance-ce': cannot,
      'distance-dice': cannot,
      'hausdorff-dt': cannot,
      'region-wise': cannot,
      'skeleton-recall': cannot,
    });
  });
});

describe('registerWebGPUKernels', () => {
  it('says what to import, and then registers once', async () => {
    expect(registerWebGPUKernels).toThrow(/import '@tensorflow\/tfjs-backend-webgpu' before/);
    await import('@segloss/kernels/webgpu');
    registerWebGPUKernels();
    for (const name of webgpuKernelNames()) expect(getKernel(name, 'webgpu')).toBeDefined();
  });
});
