// The time budgets of the playground, in headless Chromium: first load, frames of the race, long tasks, memory.
/* global document, location, PerformanceObserver, requestAnimationFrame */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { chromium } from 'playwright-core';

import { serve } from '../tools/site/serve.mjs';
import { environment, median, positiveInteger } from './side-by-side.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const settings = JSON.parse(readFileSync(join(root, 'tools/site/chromium.json'), 'utf8'));

/** What is measured, with its budget. */
const BUDGETS = [
  ['interactive, CPU slowed 4 times, ms', 1500],
  ['longest task of the first load, CPU slowed 4 times, ms', Infinity],
  ['Race, four losses at 64 x 64: frames a second', 60],
  ['Race: frames later than 25 ms, %', Infinity],
  ['longest task of the tour, ms', 50],
  ['growth of the heap, MB', 5],
];

/** Runs in the page before its scripts: notes long tasks and the moment at which the first screen is there. */
function observe() {
  const found = { long: [], ready: NaN };
  globalThis.measured = found;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) found.long.push({ startTime, duration });
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    if (document.querySelector('#minima td') === null) requestAnimationFrame(look);
    else setTimeout(() => (found.ready = performance.now())); // after the frame that shows it
  };
  requestAnimationFrame(look);
}

async function open(browser, url, { slow = 1, path = '#v=1' } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await page.addInitScript(observe);
  if (slow > 1) await cdp.send('Emulation.setCPUThrottlingRate', { rate: slow });
  await page.goto(`${url}/${path}`);
  await page.waitForFunction(
    () => !Number.isNaN(globalThis.measured.ready) || location.hash.includes('tab='),
  );
  await page.locator('#screen .results').waitFor();
  return { page, cdp, close: () => context.close() };
}

/** The moment of the first screen, or the end of the last long task before the page was quiet for a second. */
async function firstLoad(browser, url) {
  const { page, close } = await open(browser, url, { slow: 4 });
  await page.waitForTimeout(1500);
  const { long, ready } = await page.evaluate(() => globalThis.measured);
  await close();
  const last = long.reduce((most, { startTime, duration }) => Math.max(most, startTime + duration), 0);
  return {
    interactive: Math.max(ready, last),
    longest: Math.max(0, ...long.map(({ duration }) => duration)),
  };
}

/** Times between animation frames while four losses race. */
async function race(browser, url) {
  const losses = ['ce', 'dice', 'ce + l1', 'focal']
    .map((spec) => `loss=${encodeURIComponent(spec)}`)
    .join('&');
  const { page, close } = await open(browser, url, { path: `#v=1&tab=race&q=0.01&${losses}` });
  await page.waitForTimeout(300);
  const frames = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const times = [];
        const tick = (time) => {
          times.push(time);
          if (document.querySelector('#race-steps').textContent.startsWith('1500')) resolve(times);
          else requestAnimationFrame(tick);
        };
        document.querySelector('#race-run').click();
        requestAnimationFrame(tick);
      }),
  );
  const long = await page.evaluate(() => globalThis.measured.long);
  await close();
  const gaps = frames.slice(1).map((time, i) => time - frames[i]);
  return {
    perSecond: (1000 * gaps.length) / (frames.at(-1) - frames[0]),
    late: (100 * gaps.filter((gap) => gap > 25).length) / gaps.length,
    seconds: (frames.at(-1) - frames[0]) / 1000,
    longest: Math.max(0, ...long.map(({ duration }) => duration)),
  };
}

// Handles of elements would keep screens alive that the page has left: locators hold none.

/** Uses every screen once, as a person would. */
const TOUR = {
  async curve(page) {
    await page.focus('.panel input[type=range]');
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
  },
  async paint(page) {
    await page.focus('.paintable');
    for (const key of ['ArrowUp', ' ', 'ArrowUp', ' ', 'u', 'u']) await page.keyboard.press(key);
  },
  async race(page) {
    await page.click('#race-run');
    await page.waitForTimeout(1000);
    await page.keyboard.press('Escape');
    await page.click('text=Reset');
  },
  async simplex(page) {
    await page.focus('.panel input[type=range]');
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
  },
  async masks(page) {
    await page.click('#example');
    await page.locator('#report').waitFor();
    await page.waitForTimeout(300);
  },
  async train(page) {
    await page.click('#train-run');
    await page.locator('#train-report, #problem').waitFor({ timeout: 120_000 });
    const [problem] = await page.locator('#problem').allTextContents();
    if (problem !== undefined) throw new Error(problem);
    await page.keyboard.press('Escape');
  },
  async card(page) {
    await page.click('#measure');
    await page.locator('#card-minima').waitFor({ timeout: 240_000 });
  },
};

async function tour(page) {
  const longest = {};
  for (const [tab, use] of Object.entries(TOUR)) {
    await page.evaluate(() => (globalThis.measured.long = []));
    await page.click(`#tab-${tab}`);
    await page.locator(`#tab-${tab}[aria-selected=true]`).waitFor();
    await page.locator('#screen .results').waitFor();
    await use(page);
    const long = await page.evaluate(() => globalThis.measured.long);
    longest[tab] = Math.max(0, ...long.map(({ duration }) => duration));
  }
  return longest;
}

/** MB of live objects, and numbers of nodes and listeners. */
async function memory(cdp) {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters');
  return { heap: usedSize / 1e6, nodes, listeners: jsEventListeners };
}

/** Tours, the bias card left out, for some seconds; the growth after the first one. */
async function soak(browser, url, seconds, log) {
  const { page, cdp, close } = await open(browser, url);
  const screens = Object.entries(TOUR).filter(([tab]) => tab !== 'card');
  const round = async () => {
    for (const [tab, use] of screens) {
      await page.click(`#tab-${tab}`);
      await page.locator(`#tab-${tab}[aria-selected=true]`).waitFor();
      await page.locator('#screen .results').waitFor();
      await use(page);
    }
    await page.click('#tab-curve');
    await page.waitForTimeout(500);
    return memory(cdp);
  };
  await round();
  const first = await round();
  let last = first;
  const end = performance.now() + 1000 * seconds;
  let rounds = 0;
  while (performance.now() < end) {
    last = await round();
    rounds++;
    log(`  round ${rounds}: ${last.heap.toFixed(2)} MB, ${last.nodes} nodes, ${last.listeners} listeners`);
  }
  await close();
  return {
    rounds,
    growth: last.heap - first.heap,
    nodes: last.nodes - first.nodes,
    listeners: last.listeners - first.listeners,
  };
}

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '300' },
      only: { type: 'string' },
    },
  });
  const rounds = positiveInteger('playground', 'rounds', values.rounds);
  const seconds = positiveInteger('playground', 'seconds', values.seconds);
  const wanted = (name) => values.only === undefined || values.only.split(',').includes(name);
  const folder = mkdtempSync(join(tmpdir(), 'playground-'));
  execFileSync('npx', ['vite', 'build', '--outDir', folder, '--logLevel', 'error'], {
    cwd: join(root, 'apps/playground'),
  });
  const { url, close } = await serve(folder);
  const browser = await chromium.launch({
    ...settings,
    ...(process.env.CHROMIUM && { executablePath: process.env.CHROMIUM }),
  });
  const { cpu } = environment();
  console.log(`${cpu}; Chromium ${browser.version()}, headless; medians of ${rounds} rounds\n`);
  const found = [];
  try {
    if (wanted('load')) {
      const loads = [];
      for (let i = 0; i < rounds; i++) loads.push(await firstLoad(browser, url));
      found[0] = median(loads.map(({ interactive }) => interactive));
      found[1] = median(loads.map(({ longest }) => longest));
    }
    if (wanted('race')) {
      const races = [];
      for (let i = 0; i < rounds; i++) races.push(await race(browser, url));
      console.log(
        `race: ${races.map((one) => `${one.perSecond.toFixed(1)}/s ${one.seconds.toFixed(1)} s, longest task ${one.longest.toFixed(0)} ms`).join('; ')}`,
      );
      found[2] = median(races.map(({ perSecond }) => perSecond));
      found[3] = median(races.map(({ late }) => late));
    }
    if (wanted('tour')) {
      const tours = [];
      for (let i = 0; i < rounds; i++) {
        const { page, close: done } = await open(browser, url);
        tours.push(await tour(page));
        await done();
      }
      const each = Object.keys(TOUR).map((tab) => [tab, median(tours.map((one) => one[tab]))]);
      console.log(
        `longest task by screen, ms: ${each.map(([tab, ms]) => `${tab} ${ms.toFixed(0)}`).join(', ')}`,
      );
      found[4] = Math.max(...each.map(([, ms]) => ms));
    }
    if (wanted('soak')) {
      const { rounds: times, growth, nodes, listeners } = await soak(browser, url, seconds, console.log);
      console.log(`${times} tours in ${seconds} s: ${nodes} nodes and ${listeners} listeners more`);
      found[5] = growth;
    }
  } finally {
    await browser.close();
    await close();
    rmSync(folder, { recursive: true });
  }
  console.log('\n| what | measured | budget |\n|---|---:|---:|');
  BUDGETS.forEach(([name, budget], i) => {
    if (found[i] !== undefined)
      console.log(`| ${name} | ${found[i].toFixed(1)} | ${Number.isFinite(budget) ? budget : ''} |`);
  });
}
