// The built kernels on a current Node, which has relaxed SIMD: its module has fused multiply-adds and other bytes.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Findings } from '../packages/kernels/test/checks/run';
import { checkInNode } from '../packages/kernels/test/hosts/node';
import { installCurrentNode, temporaryFolder } from './packed.js';

type Found = Findings & { node: string; relaxed: boolean; threw?: string };

const temporary = temporaryFolder();
afterAll(() => temporary.remove());
const current = installCurrentNode(temporary.path);
const missing = 'missing' in current && current.missing;
const suite = missing ? describe.skip : describe;

suite(`the kernels on a current Node${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let found: Found;
  beforeAll(() => {
    if ('missing' in current) return;
    const amount = { statistics: 100, subsets: 40, focal: 40, side: 1024, convolutions: 60 };
    const options = { packages: 'built', seconds: 110, node: current.node } as const;
    found = checkInNode<Found>({ backend: 'wasm', amount }, options);
  });

  it('run there with the module of relaxed SIMD', () => {
    expect(found.threw).toBeUndefined();
    expect(Number(found.node.split('.')[0])).toBeGreaterThanOrEqual(24);
    expect(found.relaxed).toBe(true);
  });

  it('give what float64 loops give, losses and convolutions, values and gradients', () => {
    expect(found.wrong).toEqual([]);
    expect(found.many.value).toBeLessThan(2e-6);
    expect(found.many.gradient).toBeLessThan(2e-6);
    expect(found.leaked).toBe(0);
  });

  it('train a U-Net, with the slope of its loss', () => {
    const { slope, difference, losses, leaked } = found.step;
    expect(Math.abs(difference / slope - 1)).toBeLessThan(0.03);
    expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!);
    expect(leaked).toBe(0);
  });
});
