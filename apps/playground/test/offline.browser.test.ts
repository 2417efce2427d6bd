import { expect, it } from '@jest/globals';

import { inBrowser } from './in-browser.js';

inBrowser('offline', ({ open }) => {
  it('reloads, and opens every screen, without the network', async () => {
    const { page, problems } = await open('#v=1&q=0.05', { serviceWorkers: 'allow' });
    await page.unroute('**/*'); // a route would answer instead of the network that is off
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await page.context().setOffline(true);
    await page.reload();
    await page.waitForSelector('#minima td');
    expect(await page.locator('#minima tr[data-spec="ce"] td').first().textContent()).toBe('5 %');
    expect(await page.evaluate(() => fetch('./not-there.txt').then(String, () => 'offline'))).toBe('offline');
    await page.click('#tab-race');
    await page.click('#race-step');
    await page.waitForSelector('#standings');
    await page.click('#tab-masks');
    await page.click('#example');
    await page.waitForSelector('#report');
    await page.click('#tab-train');
    await page.click('#train-run');
    await page.waitForSelector('#train-report');
    expect(problems.filter((text) => !text.includes('ERR_'))).toEqual([]);
    await page.close();
  });

  it('isolates the page on a host that sends no headers, so that wasm has threads', async () => {
    const isolation = ['cross-origin-opener-policy', 'cross-origin-embedder-policy'];
    const { page } = await open('#v=1', { serviceWorkers: 'allow' }, async (one) => {
      await one.route('**/*', async (route) => {
        const response = await route.fetch();
        const headers = Object.entries(response.headers()).filter(([name]) => !isolation.includes(name));
        await route.fulfill({ response, headers: Object.fromEntries(headers) });
      });
    });
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await page.unroute('**/*');
    await page.reload();
    await page.waitForSelector('#minima td');
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await page.close();
  });
});
