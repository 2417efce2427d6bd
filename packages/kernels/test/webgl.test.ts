// The losses on WebGL in headless Chromium, with SwiftShader: composed operations, since @segloss/kernels has none for it.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { lossRegistry } from '@segloss/losses';

import { type LossFindings, type LossTask } from './checks/losses-in-page';
import { bundle } from './hosts/bundle';
import { chromium, openInChromium } from './hosts/chromium';

const missing = chromium === undefined && 'no Chromium on this machine; set CHROME_PATH';
const suite = missing ? describe.skip : describe;

/**
 * With WEBGL_USE_SHAPES_UNIFORMS, which is off by default, tfjs 4.22 gives wrong values for these. They are compared with it off.
 */
const WRONG_WITH_UNIFORMS = ['cbdice', 'cldice', 'hausdorff-erosion', 'nacl', 'perimeter'];

/** Minutes on two busy cores: a program does the work of a GPU. */
const SECONDS = 1500;

suite(`the losses on WebGL${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let script: string;
  beforeAll(() => {
    script = bundle('losses-in-page', 'sources');
  });
  const open = (task: LossTask) =>
    openInChromium<LossFindings>({ script, task, gpu: 'webgl', seconds: SECONDS });

  it(
    'have the values and gradients of numpy, and keep the contract',
    async () => {
      const specs = [...lossRegistry().keys()].filter((name) => !WRONG_WITH_UNIFORMS.includes(name));
      expect(specs.length).toBeGreaterThan(45);
      const found = await open({ check: 'contract', specs });
      expect(found).toEqual({ backend: 'webgl', precision: 32, wrong: {}, cases: expect.any(Number) });
      expect(found.cases).toBeGreaterThan(70);
    },
    SECONDS * 1000,
  );

  it(
    'have the values and gradients of the cpu backend with the settings of every page',
    async () => {
      const found = await open({ check: 'values', specs: ['ce', 'dice', 'ce + l1', ...WRONG_WITH_UNIFORMS] });
      expect(found).toEqual({ backend: 'webgl', precision: 32, wrong: {} });
    },
    SECONDS * 1000,
  );

  it(
    'are refused where there is half precision only',
    async () => {
      const { wrong, ...found } = await open({ check: 'half precision', specs: ['ce', 'dice'] });
      expect(found).toEqual({ backend: 'webgl', precision: 16 });
      const refused = (name: string) =>
        expect.stringMatching(new RegExp(`^${name}: wanted float32 .*; use wasm`));
      expect(wrong).toEqual({ ce: refused('ce'), dice: refused('dice') });
    },
    SECONDS * 1000,
  );
});
