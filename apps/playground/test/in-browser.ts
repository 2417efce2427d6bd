import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
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

/** Removes globals of the page before its scripts run. */
export const without =
  (...names: readonly string[]) =>
  async (page: Page): Promise<void> => {
    await page.addInitScript((all) => all.forEach((name) => Reflect.deleteProperty(globalThis, name)), names);
  };

/** Tests of the page in Chromium; where there is none they are skipped, and named. */
export function inBrowser(name: string, tests: (playground: Playground) => void): void {
  (existsSync(executablePath) ? describe : describe.skip)(name, () => {
    let browser: Browser;
    let server: ChildProcess | undefined;
    let url = '';
    const dist = mkdtempSync(join(tmpdir(), 'playground-'));

    beforeAll(async () => {
      const vite = join(root, 'node_modules/vite/bin/vite.js');
      const build = [vite, 'build', '--outDir', dist, '--logLevel', 'error'];
      execFileSync(process.execPath, build, { cwd: join(root, 'apps/playground') });
      const serve = [join(root, 'tools/site/serve.mjs'), dist, '0'];
      server = spawn(process.execPath, serve, { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = (await once(server.stdout!, 'data')) as [Buffer];
      url = /http:\S+/.exec(line.toString())![0];
      browser = await chromium.launch({ ...settings, executablePath });
    });

    afterAll(async () => {
      await browser?.close();
      server?.kill();
      rmSync(dist, { recursive: true, force: true });
    });

    tests({
      dist,
      get url() {
        return url;
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
