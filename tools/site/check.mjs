// `node tools/site/check.mjs [FOLDER]`: checks a built site. Every internal link leads to a page and, if it names one, to a heading of it; in
// Chromium, where there is one, no page has an error in its console or asks another site for anything.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, posix, relative, sep } from 'node:path';

import { chromium } from 'playwright-core';

import { serve } from './serve.mjs';

const SETTINGS = JSON.parse(readFileSync(new URL('./chromium.json', import.meta.url), 'utf8'));
/** Pages that are open at a time. */
const TABS = 6;
/** Milliseconds after the load of a page, in which its scripts start. */
const SETTLE = 60;

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

/** What is wrong with the pages in Chromium: errors of the console, exceptions, requests to other sites. */
export async function faultyPages(folder) {
  const { url, close } = await serve(folder);
  const browser = await chromium.launch({ ...SETTINGS, ...(process.env.CHROMIUM && { executablePath: process.env.CHROMIUM }) }); // prettier-ignore
  const problems = [];
  const pages = filesBelow(folder).filter((path) => extname(path) === '.html' && path !== '404.html');
  const left = [...pages];
  const work = async () => {
    const page = await browser.newPage({ serviceWorkers: 'block' });
    let now = '';
    page.on('console', (message) => message.type() === 'error' && problems.push(`${now}: ${message.text()}`));
    page.on('pageerror', (error) => problems.push(`${now}: ${error.message}`));
    await page.route('**/*', (route) => {
      const target = route.request().url();
      if ([url, 'data:', 'blob:'].some((start) => target.startsWith(start))) return route.continue();
      problems.push(`${now}: asks for ${target}`);
      return route.abort();
    });
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      now = path;
      await page.goto(`${url}/${path}`, { waitUntil: 'load' });
      await page.waitForTimeout(SETTLE);
    }
    await page.close();
  };
  try {
    await Promise.all(Array.from({ length: TABS }, work));
  } finally {
    await browser.close();
    await close();
  }
  return { pages: pages.length, problems };
}

if (process.argv[1] && relative(process.argv[1], new URL(import.meta.url).pathname) === '') {
  const [folder = 'site'] = process.argv.slice(2);
  const links = brokenLinks(folder, process.env.SITE_BASE);
  const hasBrowser = existsSync(process.env.CHROMIUM ?? SETTINGS.executablePath);
  const { pages, problems } = hasBrowser ? await faultyPages(folder) : { pages: 0, problems: [] };
  for (const problem of [...links, ...problems]) console.error(problem);
  console.log(
    hasBrowser
      ? `${pages} pages were opened: ${links.length} broken links, ${problems.length} other faults`
      : `no browser at ${SETTINGS.executablePath}: only links were checked, ${links.length} are broken`,
  );
  if (links.length + problems.length > 0) process.exitCode = 1;
}
