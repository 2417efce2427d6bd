import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { lossRegistry } from '@segloss/losses';
import { root } from '@segloss/testing';

const page = join(root, 'docs/losses/README.md');

/** The page of losses, from the registry alone. */
function lossPage(): string {
  const rows = [...lossRegistry().values()].map(({ definition: { name, summary, source, defaults } }) => {
    const options = Object.entries(defaults).map(
      ([key, value]) => `\`${key}=${typeof value === 'string' ? value : JSON.stringify(value)}\``,
    );
    const cells = [`[\`${name}\`](${name}.md)`, summary, options.join(' ') || '–', source ?? '–'];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [
    '# Losses',
    '',
    'Every registered loss by its spec name, with its options and their defaults; each has a page with its formula. Written from',
    'the registry and the doc comments by',
    '`UPDATE_LOSS_TABLE=1 npx jest --selectProjects repository --testPathPatterns loss-`, and checked in the tests.',
    '[parity.md](parity.md) compares them with four Python libraries.',
    '',
    '| loss | what it is | options | source |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

const readme = join(root, 'README.md');
const MARKS = ['<!-- losses: generated -->', '<!-- /losses -->'] as const;

/** The root's README with the table of losses between its marks. */
function withTable(text: string): string {
  const rows = [...lossRegistry().values()].map(
    ({ definition: { name, summary } }) =>
      `| [\`${name}\`](docs/losses/${name}.md) | ${summary.replaceAll('|', '\\|')} |`,
  );
  const [before, rest] = text.split(MARKS[0]) as [string, string];
  const after = rest.split(MARKS[1])[1]!;
  const table = ['| loss | what it is |', '| --- | --- |', ...rows].join('\n');
  return `${before}${MARKS[0]}\n\n${table}\n\n${MARKS[1]}${after}`;
}

describe("the README's table of losses", () => {
  const plain = (text: string) => text.replace(/ +/g, ' ').replace(/-+/g, '-'); // prettier pads tables

  it('is what the registry says', () => {
    if (process.env.UPDATE_LOSS_TABLE) writeFileSync(readme, withTable(readFileSync(readme, 'utf8')));
    const text = readFileSync(readme, 'utf8');
    expect(plain(text)).toBe(plain(withTable(text)));
  });
});

describe('docs/losses/README.md', () => {
  it('is what the registry says', () => {
    if (process.env.UPDATE_LOSS_TABLE) writeFileSync(page, lossPage());
    expect(readFileSync(page, 'utf8')).toBe(lossPage());
  });
});
