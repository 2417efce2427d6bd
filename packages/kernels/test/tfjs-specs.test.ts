// tfjs-core's own specs on the wasm backend: what passes without our kernels passes with them.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { backends } from '@segloss/testing';

import { runSpecs } from './specs/run';
import { type SpecResults } from './specs/worker';

/** Specs that fail with our kernels because they expect what is wrong. */
const WRONG_SPECS: Readonly<Record<string, string>> = {
  'avgPool wasm {} gradient x=[3,3,1] f=[3,3] s=1 p=explicit':
    'expects that the gradient divides by the whole window, where the forward pass divides by its pixels within the image',
  'depthwiseConv2d gradients wasm {} throws error on dilations > 1':
    'expects that the gradient of a dilated convolution is refused; ours is right (depthwise.test.ts)',
};

const { missing } = backends.find(({ name }) => name === 'wasm')!;
const suite = missing === undefined ? describe : describe.skip;

suite('the specs of tfjs-core on wasm' + (missing ? ` (skipped: ${missing})` : ''), () => {
  let without: SpecResults;
  let withKernels: SpecResults;
  beforeAll(async () => {
    ({ without, withKernels } = await runSpecs());
  });

  const named = (results: SpecResults, wanted: string) =>
    Object.keys(results).filter((name) => results[name]!.status === wanted);

  it('are the same without our kernels and with them, some four thousand', () => {
    expect(Object.keys(withKernels)).toEqual(Object.keys(without));
    expect(Object.keys(without).length).toBeGreaterThan(4000);
  });

  it('that pass without our kernels pass with them, but for those that are wrong', () => {
    const failed = new Set(named(withKernels, 'failed'));
    const broken = named(without, 'passed').filter((name) => failed.has(name));
    expect(broken.sort()).toEqual(Object.keys(WRONG_SPECS).sort());
  });

  it('fail less often with our kernels', () => {
    const passed = new Set(named(without, 'passed'));
    const gained = named(withKernels, 'passed').filter((name) => !passed.has(name));
    expect(gained).toContain('conv2d wasm {} gradient x=[2,3,3,1] f=[2,2,1,1] s=1 p=0');
    expect(gained.length).toBeGreaterThan(50);
  });
});
