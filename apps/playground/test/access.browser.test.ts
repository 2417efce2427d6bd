import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { root } from '@segloss/testing';

import { TABS } from '../src/state/state.js';
import { inBrowser } from './in-browser.js';

inBrowser('the playground for everybody', ({ open }) => {
  it.each(TABS)('%s: no serious finding of axe, 360 px wide, dark, forced colors, zoomed', async (tab) => {
    const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
    for (const options of [
      {},
      { colorScheme: 'dark' },
      { viewport: { width: 360, height: 740 } },
      { viewport: { width: 320, height: 256 }, forcedColors: 'active' },
    ] as const) {
      const { page, problems } = await open(`#v=1&tab=${tab}`, options);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect([options, wide]).toEqual([options, 0]);
      if (!('forcedColors' in options)) {
        await page.evaluate(axe);
        const serious = await page.evaluate(async () => {
          const { violations } = await (
            globalThis as unknown as {
              axe: {
                run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
              };
            }
          ).axe.run();
          return violations
            .filter(({ impact }) => ['serious', 'critical'].includes(impact))
            .map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
        });
        expect(serious).toEqual([]);
      }
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  it('all tabs by keys alone, and the code of a screen', async () => {
    const { page, problems } = await open('#v=1');
    await page.focus('#tab-curve');
    for (const tab of [...TABS.slice(1), TABS[0]!]) {
      await page.keyboard.press('ArrowRight');
      await page.waitForSelector(`#tab-${tab}[aria-selected=true]`);
      expect(await page.evaluate(() => document.activeElement?.id)).toBe(`tab-${tab}`);
    }
    await page.click('text=Code');
    expect(await page.textContent('#code-ts')).toContain('parseLoss("ce + l1")');
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('a bad link is read with a note, and offline the loaded screens work on', async () => {
    const { page } = await open('#v=7&q=zzz&loss=%3Cscript%3E&evil=1');
    expect(await page.textContent('#notes')).toContain('q: wanted a number');
    await page.context().setOffline(true);
    await page.focus('.panel input[type=range]');
    await page.keyboard.press('End');
    expect(await page.locator('#minima tr[data-spec="ce"] td').first().textContent()).toBe('90 %');
    await page.close();
  });
});
