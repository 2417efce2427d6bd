import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { root } from '@segloss/testing';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** The built page, its server and a browser. */
export interface Playground {
  /** Folder of the built page. */
  readonly dist: string;
  readonly url: string;
  readonly browser: Browser;
  /** A page at a hash; errors of its console, and requests that leave the site, are among the problems. */
  open(
    hash: string,
    options?: BrowserContextOptions,
    before?: (page: Page) => Promise<void>,
  ): Promise<{ page: Page; problems: string[] }>;
}

const settings = JSON.parse(readFileSync(join(root, 'tools/site/chromium.json'), 'utf8')) as {
  executablePath: string;
  args: string[];
};
const executablePath = process.env.CHROMIUM ?? settings.executablePath;
/** No other machine has a name: what asks for one fails, and is seen. A handler of routes would hold up every request of every worker. */
const NOWHERE = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1';

/** SwiftShader, the GPU in software that Chromium brings, where it does. */
export const swiftshader = [dirname(executablePath), '/usr/lib/chromium', '/usr/lib/chromium-browser'].find(
  (folder) => existsSync(join(folder, 'vk_swiftshader_icd.json')),
);
const GPU = {
  none: settings.args,
  // Without the clearing of workgroup memory, which it takes seconds to compile.
  swiftshader: [
    ...settings.args.filter((one) => one !== '--disable-gpu'),
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan',
    '--enable-dawn-features=disable_workgroup_init',
  ],
};

/** How long a wait for something of a page may take, in milliseconds: a guard, for machines that are busy. */
export const PATIENCE = 240_000;

/** Removes globals of the page before its scripts run. */
export const without =
  (...names: readonly string[]) =>
  async (page: Page): Promise<void> => {
    await page.addInitScript((all) => all.forEach((name) => Reflect.deleteProperty(globalThis, name)), names);
  };

/** Serves a folder on this machine, with or without the headers that isolate a page. */
export async function serveFolder(folder: string, ...options: readonly '--no-isolation'[]) {
  const program = [join(root, 'tools/site/serve.mjs'), folder, '0', ...options];
  const server = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  return { url: /http:\S+/.exec(line.toString())![0], stop: () => void server.kill() };
}

const BUILDS = join(root, 'node_modules/.cache/playground');
/** What the built page is made of. */
const SOURCES = ['apps/playground', 'apps/benchmark/src', 'packages', 'package-lock.json'];
/** Folders of those that no page has in it. */
const NOT_IN_PAGE =
  /(^|\/)(node_modules|test|demo|\.turbo|\.cache)(\/|$)|^(apps\/playground|packages\/(?!kernels\/)[^/]+)\/dist(\/|$)/;

/** The folder of the built page, named by a hash of all that it is made of: the files of tests, each a process, share it. */
function builtFolder(): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    if (NOT_IN_PAGE.test(path)) return;
    const stat = statSync(join(root, path), { throwIfNoEntry: false });
    if (stat?.isDirectory())
      readdirSync(join(root, path)).sort().forEach((name) => add(`${path}/${name}`)); // prettier-ignore
    else if (stat) hash.update(`${path}\0${stat.size}\0`).update(readFileSync(join(root, path)));
  };
  SOURCES.forEach(add);
  return join(BUILDS, hash.digest('hex').slice(0, 16));
}

/** Builds the page into the folder, unless it is there: into another one first, so that none is ever seen half built. */
function build(dist: string): void {
  if (existsSync(dist)) return;
  const part = `${dist}-${process.pid}`;
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  // Jest's own NODE_ENV would leave out what only the built page has.
  const env = { ...process.env, NODE_ENV: 'production' };
  const args = [vite, 'build', '--outDir', part, '--logLevel', 'error'];
  execFileSync(process.execPath, args, { cwd: join(root, 'apps/playground'), env });
  try {
    renameSync(part, dist);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(dist)) throw error; // else another process was first
  }
  dropOld();
}

/** Leaves the three newest builds. */
function dropOld(): void {
  const builds = readdirSync(BUILDS)
    .filter((name) => !name.includes('-'))
    .map((name) => ({ path: join(BUILDS, name), at: statSync(join(BUILDS, name)).mtimeMs }));
  builds.sort((a, b) => b.at - a.at);
  for (const { path } of builds.slice(3)) rmSync(path, { recursive: true, force: true });
}

/**
 * Waits for what the page shows at the end of its work. Where it shows a problem instead, that is thrown, and so is what the page shows
 * when time is over.
 */
export async function resultOf(page: Page, selector: string): Promise<void> {
  try {
    await page.locator(`${selector}, #problem`).first().waitFor({ state: 'attached' });
  } catch {
    throw new Error(
      `no ${selector} after ${PATIENCE / 1000} s; the page shows: ${await page.innerText('#screen')}`,
    );
  }
  const [problem] = await page.locator('#problem').allTextContents();
  if (problem !== undefined) throw new Error(`the page shows a problem: ${problem}`);
}

/** Tests of the page in Chromium, with no GPU or with one in software; without Chromium they are skipped visibly. */
export function inBrowser(
  name: string,
  tests: (playground: Playground) => void,
  gpu: keyof typeof GPU = 'none',
): void {
  const missing = !existsSync(executablePath)
    ? `no Chromium at ${executablePath}`
    : gpu === 'swiftshader' && swiftshader === undefined
      ? 'this Chromium brings no SwiftShader'
      : '';
  (missing === '' ? describe : describe.skip)(missing === '' ? name : `${name} (skipped: ${missing})`, () => {
    let browser: Browser;
    let server: Awaited<ReturnType<typeof serveFolder>> | undefined;
    const dist = builtFolder();

    beforeAll(async () => {
      build(dist);
      server = await serveFolder(dist);
      browser = await chromium.launch({ executablePath, args: [...GPU[gpu], NOWHERE] });
    });

    afterAll(async () => {
      await browser?.close();
      server?.stop();
    });

    tests({
      dist,
      get url() {
        return server!.url;
      },
      get browser() {
        return browser;
      },
      async open(hash, options = {}, before) {
        const page = await browser.newPage({
          viewport: { width: 1280, height: 900 },
          reducedMotion: 'reduce',
          serviceWorkers: 'block', // each test has the files of its build
          ...options,
        });
        page.setDefaultTimeout(PATIENCE);
        const { url } = server!;
        const problems: string[] = [];
        page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
        page.on('pageerror', (error) => problems.push(error.message));
        page.on('request', (request) => {
          const target = request.url();
          if (![url, 'data:', 'blob:'].some((start) => target.startsWith(start)))
            problems.push(`request to ${target}`);
        });
        await before?.(page);
        await page.goto(`${url}/${hash}`);
        await page.waitForSelector('#screen .results');
        return { page, problems };
      },
    });
  });
}
