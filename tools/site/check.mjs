// `node tools/site/check.mjs [FOLDER]`: checks a built site. Every internal link of every page leads to a page and, if it names one, to a
// heading of it. In Chromium, where there is one, no page that is opened has an error in its console, asks another site for anything or has a
// serious finding of axe. Opened are all pages but those of the API, of which each kind has two: the largest and the first.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, posix, relative, sep } from 'node:path';

import { chromium } from 'playwright-core';

import { serve } from './serve.mjs';

const SETTINGS = JSON.parse(readFileSync(new URL('./chromium.json', import.meta.url), 'utf8'));
/** How long a page may take, in milliseconds: a guard, for machines that are busy. */
const PATIENCE = 240_000;
/** Pages that are open at a time. */
const TABS = 4;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Files of a folder and those below it, relative to it, with forward slashes. */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => statSync(join(folder, path)).isFile());
}

const decode = (text) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");

/** The addresses in a page, and the ids that links may name. */
function partsOf(html) {
  const withoutCode = html.replace(/<script[^>]*>[^]*?<\/script>/g, '');
  const targets = [...withoutCode.matchAll(/<(?:a|img|link|script|source|iframe)\b[^>]*?\s(?:href|src|srcset)="([^"]*)"/g)]; // prettier-ignore
  const scripts = [...html.matchAll(/<script[^>]*\ssrc="([^"]*)"/g)];
  return {
    targets: [...targets, ...scripts].map(([, target]) => decode(target)),
    ids: new Set([...withoutCode.matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => decode(id))),
  };
}

/**
 * What is wrong with the links of a site.
 *
 * @param folder Of the built site. @param base Address of the site on its host: `/` or `/name/`.
 */
export function brokenLinks(folder, base = '/') {
  const files = new Set(filesBelow(folder));
  const pages = new Map(
    [...files]
      .filter((path) => extname(path) === '.html')
      .map((path) => [path, partsOf(readFileSync(join(folder, path), 'utf8'))]),
  );
  const fileOf = (path) =>
    [path, posix.join(path, 'index.html'), `${path}.html`].find((one) => files.has(one.replace(/^\//, '')));
  const problems = [];
  for (const [page, { targets }] of pages) {
    for (const target of targets) {
      if (/^[a-z]+:|^\/\//i.test(target)) continue;
      const [path, hash = ''] = target.split('#');
      const name = decodeURI(path.split('?')[0]);
      if (name.startsWith('/') && !name.startsWith(base)) {
        problems.push(`${page}: ${target} leaves the site, whose address is ${base}`);
        continue;
      }
      const wanted =
        name === ''
          ? page
          : name.startsWith('/')
            ? name.slice(base.length)
            : posix.join(posix.dirname(page), name);
      const found = fileOf(wanted === '' ? '.' : wanted)?.replace(/^\.?\//, '');
      if (found === undefined) problems.push(`${page}: ${target} leads nowhere`);
      else if (
        hash !== '' &&
        pages.has(found) &&
        !found.startsWith('playground/') &&
        !pages.get(found).ids.has(decodeURIComponent(hash))
      )
        problems.push(`${page}: ${found} has no "${hash}"`);
    }
  }
  return problems;
}

const isOfApi = (path) => path.startsWith('api/');

/** Lists of paths by what `keyOf` gives. */
function grouped(paths, keyOf) {
  const groups = new Map();
  for (const path of paths) groups.set(keyOf(path), [...(groups.get(keyOf(path)) ?? []), path]);
  return groups;
}

/**
 * The pages that Chromium opens, and those of them that axe reads.
 *
 * @param folder Of the built site.
 * @returns All pages but 404 and those of the API, of which each kind (`functions`, `interfaces`, …) has its largest and its first; axe reads
 *   the pages of the root, the playground's and, of each other kind, three: the largest, the first and the last.
 */
export function pagesToOpen(folder) {
  const all = filesBelow(folder)
    .filter((path) => extname(path) === '.html' && path !== '404.html')
    .sort();
  const largest = (paths) =>
    paths.reduce((a, b) => (statSync(join(folder, b)).size > statSync(join(folder, a)).size ? b : a));
  const kindOf = (path) => {
    const name = posix.basename(path) === 'index.html' ? 'index' : posix.basename(posix.dirname(path));
    return isOfApi(path) ? `api/${name}` : posix.dirname(path);
  };
  const kinds = [...grouped(all, kindOf)];
  const few = (kind, paths) => (kind === '.' ? paths : [largest(paths), paths[0], paths.at(-1)]);
  return {
    opened: kinds.flatMap(([kind, paths]) =>
      kind.startsWith('api/') ? [...new Set([largest(paths), paths[0]])] : paths,
    ),
    readByAxe: new Set(kinds.flatMap(([kind, paths]) => few(kind, paths))),
  };
}

/** Screens of the playground, each a page of its own. */
const SCREENS = ['curve', 'paint', 'race', 'simplex', 'masks', 'train', 'card'];

/**
 * What is wrong with the pages in Chromium: errors of the console, exceptions, requests to other sites, serious findings of axe.
 *
 * @param folder Of the built site. @param base Address of the site on its host: `/` or `/name/`.
 */
export async function faultyPages(folder, base = '/') {
  const { url, close } = await serve(folder, { base });
  const { opened, readByAxe } = pagesToOpen(folder);
  const args = [...SETTINGS.args, '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];
  const executablePath = process.env.CHROMIUM ?? SETTINGS.executablePath;
  const browser = await chromium.launch({ executablePath, args });
  const problems = [];
  const addresses = opened.flatMap((path) =>
    path === 'playground/index.html'
      ? SCREENS.map((screen) => ({ path, address: `${path}#v=1&tab=${screen}` }))
      : [{ path, address: path }],
  );
  const count = addresses.length;
  // One context, so that scripts of all pages are fetched once. A handler of routes would turn the cache off: requests are listened to.
  const context = await browser.newContext({ serviceWorkers: 'block', reducedMotion: 'reduce' });
  const work = async () => {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    let now = '';
    page.on('console', (message) => message.type() === 'error' && problems.push(`${now}: ${message.text()}`));
    page.on('pageerror', (error) => problems.push(`${now}: ${error.message}`));
    page.on('request', (request) => {
      const target = request.url();
      if (![url, 'data:', 'blob:'].some((start) => target.startsWith(start)))
        problems.push(`${now}: asks for ${target}`);
    });
    for (let next = addresses.pop(); next !== undefined; next = addresses.pop()) {
      now = next.address;
      await page.goto('about:blank'); // an address that differs in its hash alone would not be loaded
      await page.goto(`${url}${base}${now}`, { waitUntil: 'load' });
      await page.evaluate(
        () => new Promise((resolve) => globalThis.requestIdleCallback(resolve, { timeout: 2000 })),
      );
      if (readByAxe.has(next.path))
        for (const found of await seriousFindings(page)) problems.push(`${now}: ${found}`);
    }
    await page.close();
  };
  try {
    await Promise.all(Array.from({ length: TABS }, work));
  } finally {
    await browser.close();
    await close();
  }
  return { pages: count, problems };
}

/** What axe finds in a page that is serious or critical, each with its first place. */
async function seriousFindings(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run({ resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => ['serious', 'critical'].includes(impact))
      .map(({ id, nodes }) => `axe: ${id}: ${nodes[0].html.slice(0, 200)} (${nodes.length} in all)`);
  });
}

if (process.argv[1] && relative(process.argv[1], new URL(import.meta.url).pathname) === '') {
  const [folder = 'site'] = process.argv.slice(2);
  const base = process.env.SITE_BASE;
  const start = performance.now();
  const links = brokenLinks(folder, base);
  const hasBrowser = existsSync(process.env.CHROMIUM ?? SETTINGS.executablePath);
  const { pages, problems } = hasBrowser ? await faultyPages(folder, base) : { pages: 0, problems: [] };
  for (const problem of [...links, ...problems]) console.error(problem);
  const seconds = `${Math.round((performance.now() - start) / 1000)} s`;
  console.log(
    hasBrowser
      ? `links of all pages: ${links.length} broken; ${pages} pages opened: ${problems.length} faults; ${seconds}`
      : `no browser at ${SETTINGS.executablePath}: only links were checked, ${links.length} are broken; ${seconds}`,
  );
  if (links.length + problems.length > 0) process.exitCode = 1;
}
