import { lossRegistry } from '@segloss/losses';

import { table, type Generator } from './generator.js';
import { lossPages } from './loss-pages.js';

/** docs/losses: a table of the registered losses, and a page for each. */
export const losses: Generator = {
  name: 'losses',
  folder: { path: 'docs/losses', others: ['parity.md'] },
  generate: () =>
    new Map([
      ['docs/losses/README.md', indexPage()],
      ...[...lossPages()].map(([name, text]) => [`docs/losses/${name}.md`, text] as const),
    ]),
};

function indexPage(): string {
  const rows = [...lossRegistry().values()].map(({ definition: { name, summary, source, defaults } }) => {
    const options = Object.entries(defaults).map(
      ([key, value]) => `\`${key}=${typeof value === 'string' ? value : JSON.stringify(value)}\``,
    );
    return [`[\`${name}\`](${name}.md)`, summary, options.join(' ') || '–', source ?? '–'];
  });
  return [
    '# Losses',
    '',
    `The ${rows.length} registered losses by spec name, with their options and defaults. Each has a page with its formula, an executed example and its`,
    'marginal penalty. `npm run docs:generate` writes these pages from the registry and the doc comments; [parity.md](parity.md) compares the',
    'losses with four Python libraries, and [bias](../bias/README.md) shows which region sizes each prefers.',
    '',
    table(['loss', 'what it is', 'options', 'source'], rows),
    '',
  ].join('\n');
}
