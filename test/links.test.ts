import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { pages } from './pages.js';

const withoutCode = (text: string) => text.replace(/^```[^]*?^```/gm, '');

/** The anchors of a page as GitHub makes them from its headings. */
function anchors(text: string): string[] {
  const seen = new Map<string, number>();
  return [...withoutCode(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
    const words = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

/** What is wrong with a link of a page; undefined where its file and its heading exist. */
function problem(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(file)) return `${target}: no such file`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return anchors(readFileSync(file, 'utf8')).includes(anchor) ? undefined : `${target}: no such heading`;
}

describe('links of the pages', () => {
  it.each(pages().map((path) => [relative(root, path), path]))(
    '%s points to files and headings that exist',
    (_name, path) => {
      const text = withoutCode(readFileSync(path, 'utf8'));
      const markdown = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
      const html = [...text.matchAll(/(?:src|href|srcset)="([^"]+)"/g)].map(([, target]) => target!);
      const local = [...markdown, ...html].filter((target) => !/^(https?:|mailto:)/.test(target));
      expect(local.map((target) => problem(path, target)).filter(Boolean)).toEqual([]);
    },
  );

  it('would see a heading that is not there', () => {
    const page = join(root, 'README.md');
    expect(problem(page, '#no-such-heading')).toBe('#no-such-heading: no such heading');
    expect(problem(page, 'no-such-file.md#x')).toBe('no-such-file.md#x: no such file');
    expect(problem(page, '#see-it')).toBeUndefined();
    expect(anchors('# A `b` & c\n## Same\n## Same\n')).toEqual(['a-b--c', 'same', 'same-1']);
  });
});
