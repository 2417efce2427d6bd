import type { ProfileFamily } from '@segloss/bias';
import { lineChart } from '@segloss/charts';
import { lossRegistry, parseLoss } from '@segloss/losses';

import { lossCard, type LossCard } from './card.js';
import { minimumChart } from './charts.js';
import { cardRows, nearestRow } from './numbers.js';
import { problemsOf } from './problems.js';
import { capital, factor, isRight, sizeWords } from './words.js';

/** The true proportions of the table. */
const PROPORTIONS = [0.01, 0.1, 0.4];
const FAMILIES_SHOWN: readonly ProfileFamily[] = ['uniform', 'noise'];

/** What the documentation keeps of a card. */
export interface DocumentedLoss {
  readonly name: string;
  /** Its row of the table, in Markdown. */
  readonly row: string;
  /** Where its minima lie, as a drawing. */
  readonly svg: string;
}

/** Measures one registered loss, with its default options, for the documentation. */
export async function documentedLoss(name: string): Promise<DocumentedLoss> {
  const card = await lossCard(parseLoss(name), { q: PROPORTIONS, simplex: false });
  return { name, row: rowOf(name, card), svg: `${svgOf(card)}\n` };
}

/** The page `docs/bias/README.md`. */
export function documentedPage(losses: readonly DocumentedLoss[]): string {
  const shares = PROPORTIONS.map((q) => `${100 * q} %`);
  const columns = ['loss', ...shares.map((q) => `uniform, ${q}`), ...shares.map((q) => `calibrated noise, ${q}`), 'push at half', 'push at twice', 'volume', 'in words']; // prettier-ignore
  const rule = columns.map((_, index) => (index === 0 || index === columns.length - 1 ? '---' : '---:'));
  return `# The region sizes that each loss prefers

Every registered loss with its default options, measured by \`npm run docs:generate\` ([how to read it](../bias-cards.md)).
\`segloss loss card SPEC\` writes the complete card of any loss, including your own. The name links to a drawing.

- **uniform**, **calibrated noise**: the predicted size at which the loss is least, relative to the true size, for true shares of
  ${shares.join(', ')} of the image. Uniform predictions have the same probability at every pixel; with
  calibrated noise the scores of the two classes are overlapping normal distributions. 1 is the true size, 0 no region.
- **push**: how hard the loss pushes a region of half and of twice the true size back (true share ${shares[0]}, in the right place),
  relative to cross-entropy; below 0: away from the true size.
- **volume**: where annotators disagree, the volume of the best prediction relative to the mean of their volumes, over three experiments.

| ${columns.join(' | ')} |
| ${rule.join(' | ')} |
${losses.map(({ row }) => row).join('\n')}
`;
}

/** Names of all registered losses, in the order of the registry. */
export const documentedNames = (): string[] => [...lossRegistry().keys()];

function rowOf(name: string, card: LossCard): string {
  const rows = cardRows(card.profile);
  const best = FAMILIES_SHOWN.flatMap((family) =>
    PROPORTIONS.map((q) => {
      const row = nearestRow(rows, q);
      const at = row?.minimizer[family];
      return at === null || at === undefined ? '–' : factor(at.p / row!.q);
    }),
  );
  const push = nearestRow(rows, PROPORTIONS[0]!)?.push;
  const pushed = [push?.half, push?.double].map((ratio) =>
    ratio === null || ratio === undefined ? '–' : factor(ratio),
  );
  const cells = [`[\`${name}\`](${name}.svg)`, ...best, ...pushed, volumes(card), inWords(card)];
  return `| ${cells.join(' | ')} |`;
}

function volumes({ profile }: LossCard): string {
  const ratios = profile.posterior.map(({ softRatio }) => softRatio);
  if (ratios.length === 0) return '–';
  const [low, high] = [factor(Math.min(...ratios)), factor(Math.max(...ratios))];
  return low === high ? low : `${low}–${high}`;
}

/** One sentence by fixed rules. */
function inWords(card: LossCard): string {
  const problems = problemsOf(card.profile);
  const fatal = problems.find((problem) => problem.fatal);
  if (fatal !== undefined) return fatal.meaning;
  const row = nearestRow(cardRows(card.profile), PROPORTIONS[0]!);
  const first = row?.minimizer.uniform;
  const start =
    first === null || first === undefined ? [] : [`uniform predictions: ${sizeWords(first.p, row!.q)}`];
  const ratios = card.profile.posterior.map(({ softRatio }) => softRatio);
  const end = ratios.length === 0 ? [] : [volumeWords(Math.min(...ratios), Math.max(...ratios))];
  const aside = problems.length > 0 ? ['its gradient is not the derivative of its value'] : [];
  const text = [...start, ...end, ...aside].join('; ');
  return text === '' ? 'not measured' : `${capital(text)}.`;
}

function volumeWords(low: number, high: number): string {
  if (isRight(low, 1) && isRight(high, 1)) return 'mean volume where annotators disagree';
  if (high <= 1.1) return 'less volume where annotators disagree';
  if (low >= 0.9) return 'more volume where annotators disagree';
  return 'less or more volume where annotators disagree';
}

function svgOf({ spec, profile, penalties }: LossCard): string {
  const chart = minimumChart({ profile, penalties });
  return lineChart({
    ...chart,
    title: `${spec}: ${chart.title.toLowerCase()}`,
    width: 560,
    height: 280,
    background: '#fff',
  });
}
