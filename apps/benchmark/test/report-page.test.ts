// The report as a browser shows it: size, content policy, accessibility, and p/q on a phone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readScores } from '@segloss/trainer';

import { measureForces } from '../src/benchmark/measured-forces.js';
import { renderReport } from '../src/benchmark/report/page.js';
import { readResults } from '../src/benchmark/results.js';
import { shownCases, standings } from '../src/benchmark/shown-cases.js';
import { leaderboard } from '../src/benchmark/table.js';
import { richBenchmark } from './rich-fixture.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-page-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let page = '';
beforeAll(async () => {
  const results = readResults(richBenchmark(path.join(folder, 'rich')));
  page = renderReport(results, 'segloss report rich', await measureForces(leaderboard(results)));
  if (process.env['SEGLOSS_KEEP_REPORT']) writeFileSync(process.env['SEGLOSS_KEEP_REPORT'], page);
});

describe('the page', () => {
  it('has less than 300 kB without its pictures, and loads nothing', () => {
    expect(page.replaceAll(/data:image\/png;base64,[^"]*/g, '').length).toBeLessThan(300_000);
    expect(page.match(/(src|href)="(?!data:|#)[^"]*"/g)).toBeNull();
  });

  it('runs one script, which its policy names by the hash', () => {
    const scripts = [...page.matchAll(/<script>([^]*?)<\/script>/g)].map(([, text]) => text!);
    expect(scripts).toHaveLength(1);
    const hash = createHash('sha256').update(scripts[0]!).digest('base64');
    expect(page).toContain(
      `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${hash}'`,
    );
  });

  it('has every table as CSV, with the numbers of the page', () => {
    const links = [...page.matchAll(/download="([^"]+)"\s+href="data:text\/csv;charset=utf-8,([^"]*)"/g)];
    expect(links.map(([, name]) => name)).toEqual(expect.arrayContaining(['results-vessels.csv', 'bias-by-size-vessels.csv', 'pairs-vessels.csv', 'ranks.csv'])); // prettier-ignore
    const pairs = decodeURIComponent(links.find(([, name]) => name === 'pairs-vessels.csv')![2]!);
    expect(pairs.trim().split('\n')).toHaveLength(1 + 3);
  });

  it('tells an empty prediction from a perfect one, in words too', () => {
    expect(page).toContain('image-0, worst of dice: nothing found');
  });

  it('shows the worst, the median and the best case of every row in each quarter of sizes', () => {
    const { folder: run } = readResults(path.join(folder, 'rich')).cells[1]!;
    const { bins } = shownCases(run, 'last')!;
    expect(bins.map(({ of, cases }) => [of, cases.length])).toEqual([[4, 4], [4, 4], [4, 4], [4, 4]]); // prettier-ignore
    // Regions grow with the number of the image.
    const numbers = bins.map(({ cases }) => cases.map(({ id }) => Number(id.slice(6))).sort((a, b) => a - b));
    expect(numbers.flat()).toEqual(Array.from({ length: 16 }, (_, i) => i));
    const scored = readScores(path.join(folder, 'rich', 'runs', 'run-1', 'scores.json')).last.cases;
    const dice = (id: string) => scored.find((one) => one.id === id)!.classes[1]!.dice!;
    for (const bin of bins) {
      const ordered = bin.cases.map(({ id }) => id).sort((a, b) => dice(a) - dice(b));
      const { worst, median, best } = standings(bin);
      expect([worst, median, best].map((one) => one!.dice)).toEqual([dice(ordered[0]!), dice(ordered[1]!), dice(ordered[3]!)]); // prettier-ignore
      expect(page).toContain(`alt="${worst!.id}, worst of dice: `);
      expect(page).toContain(`alt="${best!.id}, best of dice: `);
    }
    // Two data sets, three rows, four quarters, three cases, two pictures.
    expect(page.match(/data:image\/png/g)).toHaveLength(2 * 3 * 4 * 3 * 2);
  });

  it('marks what cannot be told from the best, and what theory says of each loss', () => {
    const text = page.replaceAll(/\s+/g, ' ');
    expect(text).toMatch(/<strong><code>ce[^<]*<\/code> ★/);
    expect(text).toMatch(/Dice per image, [^]*is more than chance/);
    // Cross-entropy prefers the true size, and is the unit of the force; dice prefers no region.
    const row = (loss: string) => new RegExp(`<code>${loss}</code></th><th scope="row">smallest quarter</th>(.*?)</tr>`).exec(text)![1]!; // prettier-ignore
    const cells = (loss: string) => [...row(loss).matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell]) => cell!.trim()); // prettier-ignore
    expect(cells('ce').slice(-4)).toEqual(['1.00', '1.00', '1.00', '1.00']);
    expect(cells('dice').at(-4)).toBe('0.00');
    // Measured, it pushes a small region at the right place back harder than cross-entropy.
    expect(Number(cells('dice').at(-1))).toBeGreaterThan(1);
  });
});

const chromium = [process.env['CHROME_PATH'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((one) => one !== undefined && existsSync(one)); // prettier-ignore
const browser = chromium === undefined ? describe.skip : describe;

browser('in Chromium', () => {
  /** What a script finds in the page, which is as wide as asked; the policy is left out, so that the script may run. */
  const inPage = (script: string, width: number): unknown => {
    const plain = page.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*\/>/, '');
    const probe = `<script>addEventListener('load', async () => { const found = await (async () => { ${script} })(); parent.document.title = JSON.stringify(found); });</script>`;
    const frame = plain.replace('</body>', () => `${probe}</body>`);
    const inner = path.join(folder, 'inner.html');
    const outer = path.join(folder, 'outer.html');
    writeFileSync(inner, frame);
    writeFileSync(
      outer,
      `<!doctype html><title></title><iframe src="inner.html" style="width:${width}px;height:900px;border:0"></iframe>`,
    );
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--allow-file-access-from-files', '--virtual-time-budget=20000', `--user-data-dir=${path.join(folder, 'chromium')}`]; // prettier-ignore
    const { stdout, stderr } = spawnSync(chromium!, [...flags, '--dump-dom', pathToFileURL(outer).href], { encoding: 'utf8', maxBuffer: 2 ** 28 }); // prettier-ignore
    const title = /<title>([^]*?)<\/title>/.exec(stdout)?.[1];
    if (title === undefined || title === '') throw new Error(`the page said nothing: ${stderr.slice(-500)}`);
    return JSON.parse(title.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'));
  };

  it('has no serious finding of axe, in contrast and names among others', () => {
    const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
    const found = inPage(
      `${axe}; const { violations, passes } = await axe.run(); return { passes: passes.length, violations: violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => id + ' ' + nodes[0].html.slice(0, 120)) };`,
      1100,
    ) as { passes: number; violations: string[] };
    expect(found.violations).toEqual([]);
    expect(found.passes).toBeGreaterThan(10);
  }, 60_000);

  it('shows p/q on a phone without scrolling sideways, and sorts and filters', () => {
    const found = inPage(
      `const table = document.querySelector('table.board');
       const ratio = [...table.querySelectorAll('td')].find((cell) => cell.dataset.label === 'p/q hard');
       const { left, right } = ratio.getBoundingClientRect();
       const names = () => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent.trim().replace(/ [★≈]$/, ''));
       const before = names();
       const button = [...table.querySelectorAll('button')].find((one) => one.textContent.trim() === 'p/q hard');
       button.click();
       const ascending = names();
       button.click();
       const descending = names();
       const input = document.querySelector('label.filter input');
       input.value = 'largest'; input.dispatchEvent(new Event('input'));
       const shown = [...document.querySelector('table.bins').tBodies[0].rows].filter((row) => !row.hidden).length;
       return { left, right, scroll: document.documentElement.scrollWidth, before, ascending, descending, shown };`,
      360,
    ) as Record<'left' | 'right' | 'scroll' | 'shown', number> & Record<'before' | 'ascending' | 'descending', string[]>; // prettier-ignore
    expect(found.left).toBeGreaterThanOrEqual(0);
    expect(found.right).toBeLessThanOrEqual(360);
    expect(found.scroll).toBeLessThanOrEqual(360);
    expect(found.ascending[0]).toBe('all background'); // p/q 0
    expect(found.descending).toEqual([...found.ascending].reverse());
    expect(found.shown).toBe(3);
  }, 60_000);

  it('fits a window of 1180 pixels, and breaks names of losses at spaces alone', () => {
    const found = inPage(
      `const table = document.querySelector('table.board');
       const frame = table.closest('.scroll');
       const broken = [];
       for (const code of document.querySelectorAll('table code')) {
         for (const node of code.childNodes) {
           if (node.nodeType !== 3) continue;
           for (const { 0: word, index } of node.data.matchAll(/\\S+/g)) {
             const range = document.createRange();
             range.setStart(node, index); range.setEnd(node, index + word.length);
             if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) broken.push(word);
           }
         }
       }
       return { inside: frame.clientWidth, wide: frame.scrollWidth, broken };`,
      1180,
    ) as { inside: number; wide: number; broken: string[] };
    expect(found.wide).toBeLessThanOrEqual(found.inside);
    expect(found.broken).toEqual([]);
  }, 60_000);
});
