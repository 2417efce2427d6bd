import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';

const folder = mkdtempSync(join(tmpdir(), 'site-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the check of the site says of the links of some pages. */
function brokenLinks(pages: Readonly<Record<string, string>>, base = '/'): string[] {
  const site = mkdtempSync(join(folder, 'site-'));
  for (const [path, html] of Object.entries(pages)) {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    writeFileSync(join(site, path), html);
  }
  const program = `import { brokenLinks } from ${JSON.stringify(join(root, 'tools/site/check.mjs'))};
    console.log(JSON.stringify(brokenLinks(${JSON.stringify(site)}, ${JSON.stringify(base)})));`;
  const args = ['--input-type=module', '--eval', program];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as string[];
}

it('opens every written page, and of each kind of the API the largest and the first', () => {
  const site = mkdtempSync(join(folder, 'site-'));
  const sizes = { 'index.html': 1, '404.html': 1, 'losses/a.html': 1, 'losses/b.html': 1, 'losses/c.html': 9, 'losses/d.html': 1,
    'api/p/functions/a.html': 1, 'api/p/functions/b.html': 2, 'api/q/functions/c.html': 9, 'api/q/interfaces/d.html': 1, 'api/index.html': 1 }; // prettier-ignore
  for (const [path, size] of Object.entries(sizes)) {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    writeFileSync(join(site, path), ' '.repeat(size));
  }
  const program = `import { pagesToOpen } from ${JSON.stringify(join(root, 'tools/site/check.mjs'))};
    const { opened, readByAxe } = pagesToOpen(${JSON.stringify(site)});
    console.log(JSON.stringify({ opened: opened.sort(), left: opened.filter((one) => !readByAxe.has(one)) }));`;
  const args = ['--input-type=module', '--eval', program];
  const { opened, left } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Record<
    string,
    string[]
  >;
  const api = ['api/index.html', 'api/p/functions/a.html', 'api/q/functions/c.html', 'api/q/interfaces/d.html']; // prettier-ignore
  expect(opened).toEqual([...api, 'index.html', 'losses/a.html', 'losses/b.html', 'losses/c.html', 'losses/d.html']); // prettier-ignore
  expect(left).toEqual(['losses/b.html']); // axe reads three of a folder
});

it('finds links of the site that lead nowhere: pages, pictures, headings, addresses outside of its base', () => {
  const index = `<a href="/base/a">a</a><a href="/base/a#here">here</a><a href="./a.html?x=1#here">here</a>
    <a href="https://example.org/none">out</a><a href="#top" id="top">top</a><img src="b/c.svg" alt="">
    <a href="/base/none">no page</a><a href="/base/a#there">no heading</a><img src="b/d.svg" alt=""><a href="/a">outside</a>`;
  const found = brokenLinks(
    { 'index.html': index, 'a.html': '<h2 id="here">Here</h2>', 'b/c.svg': '<svg/>' },
    '/base/',
  );
  expect(found.sort()).toEqual([
    'index.html: /a leaves the site, whose address is /base/',
    'index.html: /base/none leads nowhere',
    'index.html: a.html has no "there"',
    'index.html: b/d.svg leads nowhere',
  ]);
});
