import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadModelModule } from '@segloss/trainer';

describe('loadModelModule', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'segloss-models-'));
    const write = (name: string, code: string) => writeFileSync(join(folder, name), code);
    write(
      'mine.ts',
      `import { input, layers, model } from '@tensorflow/tfjs-layers';
       import { GroupNormalization } from '@segloss/trainer/layers';
       export default ({ inputShape, outputs, filters = 2 }: { inputShape: number[]; outputs: number; filters?: number }) => {
         const image = input({ shape: inputShape });
         const x = layers.conv2d({ filters, kernelSize: 3, padding: 'same' }).apply(image);
         const y = new GroupNormalization({ groups: 1 }).apply(x);
         return model({ inputs: image, outputs: layers.conv2d({ filters: outputs, kernelSize: 1 }).apply(y) });
       };
       export const notAFunction = 3;
       export const promised = async () => 1;`,
    );
    write('broken.mjs', 'export const build = (;');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const input = { inputShape: [8, 8, 1], outputs: 2, seed: 0 };

  it('runs TypeScript with the own copies of tfjs and our layers, and hands options on', async () => {
    const { build, name, path, sha256 } = await loadModelModule('./mine.ts', folder);
    expect({ name, path }).toEqual({ name: './mine.ts', path: join(folder, 'mine.ts') });
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    const model = build({ ...input, filters: 5 });
    expect(model.countParams()).toBe(9 * 5 + 5 + 2 * 5 + 5 * 2 + 2);
    expect(() => build({ ...input, outputs: 2, inputShape: [8, 8] })).toThrow();
  });

  it.each([
    ['./gone.mjs', './gone.mjs: wanted a module, got no file at '],
    ['./broken.mjs#build', 'broken.mjs cannot be loaded: '],
    ['./mine.ts#build', 'wanted an export "build" in '],
    ['./mine.ts#build', 'got exports: default, notAFunction, promised'],
    [
      './mine.ts#notAFunction',
      'wanted a function ({ inputShape, outputs, seed }) => LayersModel, got number',
    ],
  ])('%s: %s', async (spec, message) => {
    await expect(loadModelModule(spec, folder)).rejects.toThrow(message);
  });

  it('refuses what is no model', async () => {
    const { build } = await loadModelModule('./mine.ts#promised', folder);
    expect(() => build(input)).toThrow(
      'wanted a LayersModel (from tf.model or tf.sequential), got a Promise',
    );
  });
});
