// Where the pages of the repository are on the site. They are rendered from where they are; nothing is copied.
import { posix } from 'node:path';

export const REPOSITORY = 'https://github.com/segloss/segloss';

/** Pages by their path in the repository, and where they are on the site. */
const RULES = [
  [/^docs\/(.+\/)?README\.md$/, (_, folder = '') => `${folder}index.md`],
  [/^docs\/(.+)$/, (_, path) => path],
  [/^packages\/([^/]+)\/README\.md$/, (_, name) => `packages/${name}.md`],
  [/^apps\/benchmark\/README\.md$/, () => 'command.md'],
  [/^README\.md$/, () => 'start.md'],
  [/^CONTRIBUTING\.md$/, () => 'contributing.md'],
  [/^SECURITY\.md$/, () => 'security.md'],
  [/^site-pages\/(.+)$/, (_, path) => path],
];

/** The page of the site of a path in the repository; undefined if it is none. */
export function sitePath(path) {
  const rule = RULES.find(([pattern]) => pattern.test(path));
  return rule === undefined ? undefined : path.replace(rule[0], rule[1]);
}

/**
 * Makes links between pages of the repository links of the site, and links to other files links to the repository.
 *
 * @param page Path of the page in the repository. @param href Of the link.
 */
export function siteLink(page, href) {
  if (/^([a-z]+:|#|\/)/i.test(href)) return href;
  const [path, anchor] = href.split('#');
  const target = posix.join(posix.dirname(page), path);
  const found = target.endsWith('.md') ? sitePath(target) : undefined;
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (found !== undefined) return `/${found}${hash}`;
  return `${REPOSITORY}/blob/main/${target}${hash}`;
}
