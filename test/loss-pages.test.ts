import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';

import { lossPages } from '../tools/docs/loss-pages';

const folder = join(root, 'docs/losses');
const others = ['README.md', 'parity.md'];
const written = () => readdirSync(folder).filter((name) => !others.includes(name));

describe('docs/losses', () => {
  const pages = lossPages();
  if (process.env.UPDATE_LOSS_TABLE) {
    for (const name of written()) rmSync(join(folder, name));
    for (const [name, text] of pages) writeFileSync(join(folder, `${name}.md`), text);
  }

  it('has a page for every loss, and no other', () => {
    expect(written().sort()).toEqual([...pages.keys()].map((name) => `${name}.md`).sort());
  });

  it.each([...pages])('%s.md says what its doc comment and the registry say', (name, text) => {
    expect(readFileSync(join(folder, `${name}.md`), 'utf8')).toBe(text);
  });
});
