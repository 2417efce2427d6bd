import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/** Tests of the page in Chromium; without Chromium they are skipped visibly. */
export function inBrowser(name: string, tests: (playground: Playground) => void): void {
  (existsSync(executablePath) ? describe : describe.skip)(name, () => {
    let browser: Browser;
    let server: Awaited<ReturnType<typeof serveFolder>> | undefined;
    const dist = mkdtempSync(join(tmpdir(), 'playground-'));

    beforeAll(async () => {
      const vite = join(root, 'node_modules/vite/bin/vite.js');
      const build = [vite, 'build', '--outDir', dist, '--logLevel', 'error'];
      // Jest's own NODE_ENV would leave out what only the built page has.
      const env = { ...process.env, NODE_ENV: 'production' };
      execFileSync(process.execPath, build, { cwd: join(root, 'apps/playground'), env });
      server = await serveFolder(dist);
      browser = await chromium.launch({ ...settings, executablePath });
    });

    afterAll(async () => {
      await browser?.close();
      server?.stop();
      rmSync(dist, { recursive: true, force: true });
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
