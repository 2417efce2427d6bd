import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
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

/** Tests of the page in Chromium; without Chromium they are skipped visibly. */
export function inBrowser(name: string, tests: (playground: Playground) => void): void {
  (existsSync(executablePath) ? describe : describe.skip)(name, () => {
    let browser: Browser;
    let server: Awaited<ReturnType<typeof serveFolder>> | undefined;
    const dist = builtFolder();

    beforeAll(async () => {
      build(dist);
      server = await serveFolder(dist);
      browser = await chromium.launch({ ...settings, executablePath });
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
          serviceWorkers: 'block', // what one fetches passes no route
          ...options,
        });
        page.setDefaultTimeout(PATIENCE);
        const { url } = server!;
        const problems: string[] = [];
        page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
        page.on('pageerror', (error) => problems.push(error.message));
        await page.route('**/*', (route) => {
          const target = route.request().url();
          if ([url, 'data:', 'blob:'].some((start) => target.startsWith(start))) return route.continue();
          problems.push(`request to ${target}`);
          return route.abort();
        });
        await before?.(page);
        await page.goto(`${url}/${hash}`);
        await page.waitForSelector('#screen .results');
        return { page, problems };
      },
    });
  });
}
