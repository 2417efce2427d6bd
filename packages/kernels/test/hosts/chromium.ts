import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { wasmPaths } from './bundle';

const CANDIDATES = [
  process.env['CHROME_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The Chromium or Chrome of this machine, if any. */
export const chromium = CANDIDATES.find((path) => path !== undefined && existsSync(path));

const FOLDERS = [
  ...(chromium ? [dirname(realpathSync(chromium))] : []),
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
];

/** The folder in which Chromium brings SwiftShader, a Vulkan driver in software, if any. */
export const swiftshader = FOLDERS.find((path) => existsSync(join(path, 'vk_swiftshader_icd.json')));

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const GPU_FLAGS = {
  off: ['--disable-gpu'],
  // As software, and without the clearing of workgroup memory, which it takes seconds to compile.
  swiftshader: [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan',
    '--enable-dawn-features=disable_workgroup_init',
  ],
  // WebGL by ANGLE on SwiftShader, in the browser's own process: a sixth of the work is messages between processes.
  webgl: [
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--ignore-gpu-blocklist',
  ],
};

/** A page of one script, served from this machine to itself. */
export interface Page {
  readonly script: string;
  /** What the page is told, as `?task=`. */
  readonly task: object;
  readonly gpu: keyof typeof GPU_FLAGS;
  /** With the headers that let a page share memory with its workers. */
  readonly isolated?: boolean;
  readonly seconds: number;
}

/** Opens the page in headless Chromium and gives what it sends to `/findings`. */
export async function openInChromium<Found>({ script, task, gpu, isolated, seconds }: Page): Promise<Found> {
  if (chromium === undefined) throw new Error('openInChromium: no Chromium on this machine; set CHROME_PATH');
  const folder = mkdtempSync(join(tmpdir(), 'segloss-chromium-'));
  let findings!: (found: Found) => void;
  const found = new Promise<Found>((resolve) => (findings = resolve));
  const server = await listen(script, isolated ?? false, (body) => findings(JSON.parse(body) as Found));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/?task=${encodeURIComponent(JSON.stringify(task))}`;
  const child = spawn(chromium, [...FLAGS, ...GPU_FLAGS[gpu], `--user-data-dir=${folder}`, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a group of its own, to be ended as one
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said = `${said}${text.toString()}`.slice(-2000)));
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      found,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no findings in ${seconds} s: ${said}`)), seconds * 1000);
        child.once('exit', (code) => reject(new Error(`Chromium ended with code ${code}: ${said}`)));
      }),
    ]);
  } finally {
    clearTimeout(timer);
    const ended = child.exitCode === null && new Promise((resolve) => child.once('exit', resolve));
    if (ended) process.kill(-child.pid!, 'SIGKILL');
    await ended;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function listen(script: string, isolated: boolean, findings: (body: string) => void): Promise<Server> {
  const server = createServer((request, response) => {
    if (isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    const path = new URL(request.url!, 'http://localhost').pathname;
    const answer = (type: string, body: string | Buffer) =>
      response.writeHead(200, { 'Content-Type': type }).end(body);
    if (path === '/')
      answer(
        'text/html',
        '<!doctype html><title>checks</title><script type="module" src="/checks.js"></script>',
      );
    else if (path === '/checks.js') answer('text/javascript', script);
    else if (path.startsWith('/tfjs-wasm/') && path.endsWith('.wasm'))
      answer('application/wasm', readFileSync(join(wasmPaths, basename(path))));
    else if (path === '/findings') {
      let body = '';
      request.on('data', (text: Buffer) => (body += text.toString()));
      request.on('end', () => {
        answer('text/plain', '');
        findings(body);
      });
    } else response.writeHead(404).end();
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
