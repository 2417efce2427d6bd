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
    const cells = [`\`${name}\``, summary, options.join(' ') || '–', source ?? '–'];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [
    '# Losses',
    '',
    'Every registered loss by its spec name, with its options and their defaults. Written from the registry by',
    '`UPDATE_LOSS_TABLE=1 npx jest --selectProjects repository --testPathPatterns loss-table`, and checked in the tests.',
    'The formula of each stands in the doc comment of its file in `packages/losses/src/losses/`.',
    '[parity.md](parity.md) compares them with four Python libraries.',
    '',
    '| loss | what it is | options | source |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

describe('docs/losses/README.md', () => {
  it('is what the registry says', () => {
    if (process.env.UPDATE_LOSS_TABLE) writeFileSync(page, lossPage());
    expect(readFileSync(page, 'utf8')).toBe(lossPage());
  });
});
