import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';

// A process has one tfjs, whose backend starts once: so each of these is a program of its own, on the built packages.

const imports = {
  module: `
    import '@tensorflow/tfjs-layers';
    import '@segloss/kernels/wasm';
    import { setWasmThreads, wasmThreads } from '@segloss/kernels';
    import * as tf from '@tensorflow/tfjs-core';`,
  commonjs: `
    require('@tensorflow/tfjs-layers');
    require('@segloss/kernels/wasm');
    const { setWasmThreads, wasmThreads } = require('@segloss/kernels');
    const tf = require('@tensorflow/tfjs-core');`,
};

/** Gradients of ReLU and max-pooling for as long as threads take to start; prints how many threads there are, and a sum. */
const work = `
  const x = tf.randomNormal([4, 64, 64, 8], 0, 1, 'float32', 1);
  const f = (a) => tf.maxPool(tf.relu(a), 2, 2, 'same');
  const step = () => tf.tidy(() => tf.sum(tf.grad(f)(x)).dataSync()[0]);
  for (const since = performance.now(); performance.now() - since < 300; ) step();
  await new Promise((resolve) => setTimeout(resolve, 10));
  console.log(wasmThreads(), step());`;

/** What a program prints; it has to end by itself. */
function outputOf(code: string, type: keyof typeof imports = 'module'): string {
  const body = `${imports[type]} ${type === 'module' ? code : `(async () => { ${code} })();`}`;
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    [`--input-type=${type}`, '--eval', body],
    { cwd: root, encoding: 'utf8', timeout: 500_000 },
  );
  return `${stderr}${stdout}${status === 0 ? '' : `ended with ${String(signal ?? status)}`}`.trim();
}

describe('a program with threads', () => {
  const start = "tf.env().set('PROD', true); await tf.setBackend('wasm');";
  let output: string;
  let sum: string;

  beforeAll(() => {
    output = outputOf(`${start} ${work}`);
    sum = output.split(' ')[1]!;
  });

  it('has one thread by default', () => {
    expect(output).toMatch(/^1 \d+$/);
  });

  it.each(['module', 'commonjs'] as const)('ends by itself, as %s', (type) => {
    expect(outputOf(`setWasmThreads(3); ${start} ${work}`, type)).toBe(`3 ${sum}`);
  });

  it('says once that the backend has started without them, and goes on', () => {
    expect(outputOf(`${start} setWasmThreads(3); ${work}`)).toBe(
      'segloss kernels: fewer threads than requested, the others do the work: ' +
        `the wasm backend had started before setWasmThreads was called\n1 ${sum}`,
    );
  });

  it('says once that the runtime has none, and goes on', () => {
    expect(outputOf(`process.getBuiltinModule = undefined; setWasmThreads(3); ${start} ${work}`)).toBe(
      'segloss kernels: fewer threads than requested, the others do the work: ' +
        `Error: this runtime has no threads (Node has them from 20.16 on)\n1 ${sum}`,
    );
  });

  it('says once that memory cannot be shared, and goes on', () => {
    expect(outputOf(`delete globalThis.SharedArrayBuffer; setWasmThreads(3); ${start} ${work}`)).toBe(
      'segloss kernels: fewer threads than requested, the others do the work: ' +
        `this page is not cross-origin isolated (headers COOP: same-origin and COEP: require-corp)\n1 ${sum}`,
    );
  });

  it('says which package is missing', () => {
    const code =
      "import { setWasmThreads } from '@segloss/kernels'; try { setWasmThreads(2) } catch (e) { console.log(e.message) }";
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      ...{ cwd: root, encoding: 'utf8' },
    });
    expect(stdout.trim()).toBe(
      "setWasmThreads: tfjs has no wasm backend yet; import '@segloss/kernels/wasm' before",
    );
  });
});
