import { expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { inBrowser, PATIENCE, resultOf, serveFolder } from './in-browser.js';

/** A page whose service worker has all files. */
async function visited(browser: Browser, address: string) {
  const page = await browser.newPage({ reducedMotion: 'reduce' });
  page.setDefaultTimeout(PATIENCE);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(address);
  await page.waitForSelector('#minima td');
  const isolated = await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    return crossOriginIsolated;
  });
  return { page, problems, isolated };
}

inBrowser('offline', (playground) => {
  it('reloads, and opens every screen, without the network', async () => {
    const { page, problems } = await visited(playground.browser, `${playground.url}/#v=1&q=0.05`);
    await page.context().setOffline(true);
    await page.reload();
    await page.waitForSelector('#minima td');
    expect(await page.locator('#minima tr[data-spec="ce"] td').first().textContent()).toBe('5 %');
    // It is really offline: what was not kept does not come.
    expect(await page.evaluate(() => fetch('./not-there.txt').then(String, () => 'offline'))).toBe('offline');
    await page.click('#tab-race');
    await page.click('#race-step');
    await page.waitForSelector('#standings');
    await page.click('#tab-masks');
    await page.click('#example');
    await resultOf(page, '#report');
    await page.click('#tab-train');
    await page.click('#train-run');
    await resultOf(page, '#train-report');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('isolates the page on a host that sends no headers, so that wasm has threads', async () => {
    const host = await serveFolder(playground.dist, '--no-isolation');
    try {
      const { page, isolated } = await visited(playground.browser, `${host.url}/#v=1`);
      expect(isolated).toBe(false);
      await page.reload();
      await page.waitForSelector('#minima td');
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      await page.close();
    } finally {
      host.stop();
    }
  });
});
