import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { root } from '@segloss/testing';

import { TABS } from '../src/state/state.js';
import { inBrowser, resultOf } from './in-browser.js';

interface Axe {
  run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
}
const RULES_OF_COLORS = ['color-contrast', 'link-in-text-block'];

inBrowser('the playground for everybody', ({ open }) => {
  const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
  it.each(TABS)('%s: no serious finding of axe, 360 px wide, dark, forced colors, zoomed', async (tab) => {
    const { page, problems } = await open(`#v=1&tab=${tab}`);
    await page.evaluate(axe);
    /** Serious findings, of all rules or of some. */
    const serious = (rules?: readonly string[]) =>
      page.evaluate(async (only) => {
        const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run({
          resultTypes: ['violations'],
          ...(only && { runOnly: only }),
        });
        return violations
          .filter(({ impact }) => ['serious', 'critical'].includes(impact))
          .map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
      }, rules);
    const tooWide = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    const looks = [
      [{}, { width: 1280, height: 900 }, undefined],
      [{ colorScheme: 'dark' }, { width: 1280, height: 900 }, RULES_OF_COLORS], // the page differs in its colors alone
      [{ colorScheme: 'light' }, { width: 360, height: 740 }, undefined],
      [{ forcedColors: 'active' }, { width: 320, height: 256 }, "no axe: the colors are the user's"],
    ] as const;
    for (const [media, size, rules] of looks) {
      await page.emulateMedia(media);
      await page.setViewportSize(size);
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      expect([media, size, await tooWide()]).toEqual([media, size, 0]);
      if (typeof rules !== 'string') expect([media, await serious(rules)]).toEqual([media, []]);
    }
    // At a zoom of 400 % nothing stays in place over what is read, and the tab of the screen is in sight.
    const { top, hidden } = await page.evaluate(() => {
      scrollTo(0, 500);
      const [list, chosen] = ['.tabs', '[role=tab][aria-selected=true]'].map((one) => document.querySelector(one)!.getBoundingClientRect()); // prettier-ignore
      const { bottom } = document.querySelector('header')!.getBoundingClientRect();
      return { top: bottom, hidden: chosen!.left < list!.left || chosen!.right > list!.right };
    });
    expect(top).toBeLessThanOrEqual(0);
    expect(hidden).toBe(false);
    expect(problems).toEqual([]);
    await page.close();
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
    await page.locator('dialog[open]').waitFor(); // before, Escape has nothing to close
    expect(await page.textContent('#code-ts')).toContain('parseLoss("ce + l1")');
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
    await page.close();
  });

  it('has the tab of the screen in sight where the tabs have no room', async () => {
    const { page } = await open('#v=1&tab=card', { viewport: { width: 360, height: 740 } });
    const seen = (id: string) =>
      page.evaluate((name) => {
        const [list, tab] = ['.tabs', name].map((one) =>
          document.querySelector(one)!.getBoundingClientRect(),
        );
        return tab!.left >= list!.left && tab!.right <= list!.right;
      }, id);
    expect(await seen('#tab-card')).toBe(true);
    await page.focus('#tab-card');
    await page.keyboard.press('Home');
    await page.locator('#tab-curve[aria-selected=true]').waitFor();
    expect(await seen('#tab-curve')).toBe(true);
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

  it.each(TABS)('%s: the Tab key reaches every control and leaves it again', async (tab) => {
    const { page, problems } = await open(`#v=1&tab=${tab}`);
    const wanted = await page.evaluate(() => {
      const marks = [
        ...document.querySelectorAll('.panel button, .panel input[type=range], .results button'),
      ];
      marks.forEach((one, i) => one.setAttribute('data-place', String(i)));
      return marks.length;
    });
    expect(wanted).toBeGreaterThan(0);
    const reached = new Set<string>();
    await page.focus('#tab-' + tab);
    let left = false;
    for (let i = 0; i < 150 && !left; i++) {
      await page.keyboard.press('Tab');
      const [place, isBody] = await page.evaluate(() => [
        document.activeElement?.getAttribute('data-place') ?? '',
        document.activeElement === document.body || document.activeElement?.matches('.brand') === true,
      ]);
      if (place !== '') reached.add(place as string);
      left = isBody as boolean;
    }
    expect(left).toBe(true);
    const off = await page.locator('[data-place]:disabled').count();
    expect(reached.size).toBe(wanted - off);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('runs and pauses a race by keys', async () => {
    const { page } = await open('#v=1&tab=race', { reducedMotion: 'no-preference' });
    await page.focus('#race-run');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#standings');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('#race-run')!.textContent !== 'Pause');
    await page.close();
  });

  it('draws a race at most once a second where less motion is wanted', async () => {
    const { page } = await open('#v=1&tab=race&loss=dice');
    await page.evaluate(() => {
      const counts = { drawn: 0, since: performance.now() };
      Object.assign(globalThis, { counts });
      new MutationObserver(() => counts.drawn++).observe(document.querySelector('#race-steps')!, {
        characterData: true,
        childList: true,
        subtree: true,
      });
    });
    await page.click('#race-run');
    await page.waitForFunction(() => document.querySelector('#race-steps')!.textContent!.startsWith('1500'));
    const [drawn, seconds] = await page.evaluate(() => {
      const { counts } = globalThis as unknown as { counts: { drawn: number; since: number } };
      return [counts.drawn, (performance.now() - counts.since) / 1000] as const;
    });
    expect(drawn).toBeGreaterThan(0);
    expect(drawn).toBeLessThanOrEqual(seconds + 2); // the first and the last one, and one a second
    await page.close();
  });

  it('needs no WebGL and no WebGPU on any screen', async () => {
    const { page, problems } = await open('#v=1', {}, async (one) => {
      await one.addInitScript(() => {
        for (const name of ['WebGLRenderingContext', 'WebGL2RenderingContext', 'GPU'])
          Reflect.deleteProperty(globalThis, name);
        const { getContext } = HTMLCanvasElement.prototype as { getContext: (kind: string) => unknown };
        Reflect.set(
          HTMLCanvasElement.prototype,
          'getContext',
          function (this: HTMLCanvasElement, kind: string) {
            return kind === '2d' ? getContext.call(this, kind) : null;
          },
        );
      });
    });
    for (const tab of TABS) {
      await page.click(`#tab-${tab}`);
      await page.waitForSelector(`#screen[aria-labelledby="tab-${tab}"] .results`);
    }
    await page.click('#tab-train');
    await page.click('#train-run');
    await resultOf(page, '#train-report');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('drops the screens that it leaves', async () => {
    const { page } = await open('#v=1');
    const cdp = await page.context().newCDPSession(page);
    const round = async () => {
      for (const tab of [...TABS.slice(1), TABS[0]!]) {
        await page.click(`#tab-${tab}`);
        await page.locator(`#screen[aria-labelledby="tab-${tab}"] .results`).waitFor();
      }
      await cdp.send('HeapProfiler.collectGarbage');
      return (await cdp.send('Memory.getDOMCounters')).nodes;
    };
    await round();
    const [first, second] = [await round(), await round()];
    // A screen that stays behind has hundreds of nodes.
    expect(second - first).toBeLessThan(100);
    await page.close();
  });
});
