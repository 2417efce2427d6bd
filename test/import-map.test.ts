// `npm run build` first. The packages in a page without a bundler: an import map over files that lie as on a CDN, `/npm/NAME@VERSION/...`.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { buildSync } from 'esbuild';
import { chromium, type Browser } from 'playwright-core';
import { chromium as executablePath } from '../packages/kernels/test/hosts/chromium.js';
import { publicWorkspaces, readPackage } from './workspaces.js';

/** What each package gives in a page; the numbers are counted by hand. */
const USES: readonly (readonly [specifier: string, expression: string, value: unknown])[] = [
  ['@segloss/geometry', 'm.connectedComponents([1, 0, 1, 1], [1, 4]).count', 2],
  ['@segloss/losses', 'm.diceLoss(labels, zeros, { smooth: 0 }).dataSync()[0]', 1 - (3 / 5 + 1 / 3) / 2],
  ['@segloss/bias', 'Array.from(m.marginalForce(losses.crossEntropy(), labels, zeros).dataSync())', [-0.25, 0.25]], // p - q
  ['@segloss/metrics', 'm.iouScores(new m.ConfusionMatrix(2).add([0, 1, 1, 0], [0, 1, 0, 0]))[1]', 1 / 2],
  ['@segloss/charts', "m.lineChart({ title: '', description: '', x: { label: '' }, y: { label: '' }, series: [] }).slice(0, 4)", '<svg'],
  ['@segloss/kernels/cpu', 'typeof m', 'object'],
  ['@segloss/data/samples', 'typeof m.randomStream', 'function'],
  ['@segloss/models', 'm.buildModel("unet", { inputShape: [4, 4, 1], outputs: 2, widths: [2, 4] }).outputShape', [null, 4, 4, 2]],
  ['@segloss/trainer/loop', 'typeof m.train', 'function'],
]; // prettier-ignore

const TFJS = [
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-layers',
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-backend-wasm',
];
const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.html': 'text/html' };

/** Where the import map leads: to built files as npm publishes them, and to tfjs as CDNs bundle it. */
function importMap(): { imports: Record<string, string>; files: Map<string, string> } {
  const imports: Record<string, string> = {};
  const files = new Map<string, string>();
  for (const folder of publicWorkspaces()) {
    const {
      name,
      version,
      exports = {},
    } = readPackage(folder) as unknown as {
      name: string;
      version: string;
      exports?: Record<string, { import?: { default: string } }>;
    };
    for (const [entry, { import: target }] of Object.entries(exports)) {
      if (target === undefined) continue;
      imports[name + entry.slice(1)] = `/npm/${name}@${version}/${target.default.slice(2)}`;
      files.set(`/npm/${name}@${version}/`, join(root, folder));
    }
  }
  for (const name of TFJS) imports[name] = `/npm/tfjs/${name.replace('@tensorflow/', '')}.js`;
  return { imports, files };
}

describe('in a page with an import map', () => {
  if (executablePath === undefined) {
    it.skip('(needs Chromium: none on this machine)', () => undefined);
    return;
  }
  const { imports, files } = importMap();
  const bundles = bundledTfjs();
  let browser: Browser;
  let server: Server;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = new URL(request.url!, 'http://localhost').pathname;
      const send = (type: string, body: string | Buffer) =>
        response.writeHead(200, { 'content-type': type }).end(body);
      if (path === '/')
        return send('text/html', `<script type="importmap">${JSON.stringify({ imports })}</script>`);
      const tfjs = bundles.get(path);
      if (tfjs !== undefined) return send('text/javascript', tfjs);
      const prefix = [...files.keys()].find((one) => path.startsWith(one));
      const file = prefix === undefined ? undefined : join(files.get(prefix)!, path.slice(prefix.length));
      if (file === undefined || !existsSync(file)) return response.writeHead(404).end();
      send(types[extname(file)] ?? 'application/octet-stream', readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });
  afterAll(async () => {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('every package that pages use works, and nothing is loaded that is not there', async () => {
    const page = await browser.newPage();
    const missing: string[] = [];
    page.on('response', (response) => void (response.status() >= 400 && missing.push(response.url())));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    // As text: what compiles the tests would turn import() into require.
    const values = await page.evaluate<unknown[]>(`(async () => {
      const tf = await import('@tensorflow/tfjs-core');
      await import('@tensorflow/tfjs-backend-cpu');
      await import('@tensorflow/tfjs-layers');
      const losses = await import('@segloss/losses');
      const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
      const zeros = tf.zeros([1, 4, 2]);
      return [${USES.map(([name, use]) => `((m) => ${use})(await import('${name}'))`).join(',')}];
    })()`);
    expect(missing.filter((url) => !url.endsWith('favicon.ico'))).toEqual([]);
    for (const [i, [name, , value]] of USES.entries())
      expect({ name, value: rounded(values[i]) }).toEqual({ name, value: rounded(value) });
  });
});

/** The files of tfjs, by path: one for each package, and what they share. */
function bundledTfjs(): Map<string, string> {
  const { outputFiles } = buildSync({
    entryPoints: Object.fromEntries(TFJS.map((name) => [name.replace('@tensorflow/', ''), name])),
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'browser', write: false },
    outdir: '/npm/tfjs',
    absWorkingDir: root,
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}

const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, each: unknown) => (typeof each === 'number' ? Number(each.toFixed(6)) : each)),
  );
