import { machineEnvironment } from '@segloss/trainer';

import { factsTable } from '../page/facts.js';
import { document } from '../page/document.js';
import { lineFigure, panelFigure, simplexFigure } from '../page/figure.js';
import { html, type Html } from '../page/html.js';
import { style } from '../page/style.js';
import { table, type Cell } from '../page/table.js';
import type { LossCard } from './card.js';
import { forceChart, minimumChart, penaltyChart, simplexOptions, valueChart } from './charts.js';
import { cardRows, FAMILIES, type CardRow } from './numbers.js';
import { posteriorSection } from './posterior.js';
import { isBroken, problemsOf, type Problem } from './problems.js';
import { sentencesOf } from './sentences.js';
import { factor, shareText } from './words.js';

const cardStyle = `
.broken { border: 2px solid #d55e00; border-left-width: 10px; padding: .5rem 1rem; margin: 1rem 0; }
.broken h2 { margin: 0; border: 0; padding: 0; }
.maps { display: flex; flex-wrap: wrap; gap: 1rem 2rem; }
.maps img { image-rendering: pixelated; border: 1px solid var(--line); }
figcaption { color: var(--quiet); font-size: .85rem; }
pre { overflow-x: auto; font-size: .8rem; }
caption { caption-side: bottom; text-align: left; font-size: .85rem; max-width: 75ch; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; max-width: 75ch; margin: .5rem 0; }
dt { font-weight: 600; }
dd { margin: 0; }
@media print {
  body { font-size: 12px; }
  th, td { padding: .2rem .4rem; }
  h2, h3 { break-after: avoid; }
  tr, .broken, .maps figure { break-inside: avoid; }
  .scroll { overflow: visible; }
  .charts { display: block; }
}
`;

/**
 * The card of a loss as one HTML file: it opens from the disk, needs no network and no script.
 *
 * @param card What {@link lossCard} returns.
 * @param command The command that made it, for the record.
 * @returns The text of the file.
 *
 * @example
 * ```ts
 * const profile = { spec: 'ce', mode: 'binary', findings: [], families: [], posterior: [] };
 * const page = renderCard({ spec: 'ce', terms: [], sources: [], penalties: [], profile }, 'segloss loss card ce');
 * page.includes('<title>Bias card of ce</title>'); // → true
 * ```
 */
export function renderCard(card: LossCard, command: string): string {
  const { spec, profile } = card;
  const problems = problemsOf(profile);
  const simplex = simplexOptions(profile);
  const measured = profile.families.length > 0;
  const main = html`
    <h1>Bias card of <code>${spec}</code></h1>
    <p class="quiet">Which sizes of the predicted regions this loss prefers, whichever pixels they hold.</p>
    ${broken(problems)} ${problems.length > 0 ? html`<p>What could still be measured:</p>` : ''}
    <div class="verdict">${sentencesOf(card).map((sentence) => html`<p>${sentence}</p>`)}</div>
    <h2>The loss</h2>
    ${terms(card)}
    ${
      measured
        ? html`<h2>In numbers</h2>
            ${numbers(card)}`
        : ''
    }
    ${card.penalties.length > 0 ? penalties(card) : ''}
    ${
      measured
        ? html`<h2>The loss, measured</h2>
            ${panelFigure(valueChart(profile))} ${panelFigure(forceChart(profile))} ${families()}`
        : ''
    }
    ${posteriorSection(profile)}
    ${
      simplex === undefined
        ? ''
        : html`<h2>Three classes</h2>
            <p>
              The loss of a prediction that is the same at every pixel. Each corner is an image of one class.
              Arrows show where gradient descent moves the proportions.
            </p>
            ${simplexFigure(simplex)}`
    }
    <h2>How it was made</h2>
    ${record(card, command)}
  `;
  return document({ title: `Bias card of ${spec}`, style: style + cardStyle, main });
}

function broken(problems: readonly Problem[]): Html {
  if (problems.length === 0) return html``;
  return html`<section class="broken" role="alert">
    <h2>${isBroken(problems) ? 'This loss is broken' : 'Look at the gradient of this loss'}</h2>
    ${problems.map(
      ({ meaning, detail }) =>
        html`<p><strong>${meaning}</strong>${detail === '' ? '' : html`<br />${detail}`}</p>`,
    )}
  </section>`;
}

function terms({ terms, sources }: LossCard): Html {
  const rows = terms.map(({ weight, spec, summary, source, penalty }): Cell[] => [
    html`<code>${spec}</code>`,
    factor(weight),
    summary,
    penalty === null ? 'no closed form known' : html`<code>${penalty}</code>`,
    source ?? '–',
  ]);
  const head = ['term', 'weight', 'what it is', 'hidden size penalty', 'source'];
  return html`${table({ head, rows, name: 'plain' })}
    ${sources.map(({ name, path, sha256 }) => html`<p><code>${name}</code>: ${path}, sha256 <code>${sha256}</code></p>`)}
    <details>
      <summary>The formula as the program has it</summary>
      ${terms.map(
        ({ spec, code }) =>
          html`<p><code>${spec}</code></p>
            <pre><code>${code}</code></pre>`,
      )}
    </details>`;
}

function numbers(card: LossCard): Html {
  const closed = card.penalties.length > 0;
  const row = ({ q, minimizer, push }: CardRow, index: number): Cell[] => {
    const best = (Object.keys(FAMILIES) as (keyof typeof FAMILIES)[]).map((family) => {
      const at = minimizer[family];
      return at === null || at === undefined ? 'n/a' : ratioText(at.p / q, at.low / q, at.high / q);
    });
    const pushed = (ratio: number | null) => (ratio === null ? '–' : factor(ratio));
    const penalty = card.penalties[index];
    const least = penalty === undefined ? '–' : factor(penalty.minimizer / penalty.q);
    return [shareText(q), ...(closed ? [least] : []), ...best, pushed(push.half), pushed(push.double)];
  };
  return html`<div>
    ${lineFigure({ ...minimumChart(card), width: 800 })}
    ${table({
      caption:
        'Size at which the loss is least, relative to the true size (with the range that float32 leaves open, where it is wide); and its ' +
        'push on the size, relative to that of cross-entropy: 1 is as hard, below 0 the wrong way.',
      head: [
        'true share',
        ...(closed ? ['closed form'] : []),
        ...Object.values(FAMILIES),
        'push at half',
        'push at twice',
      ],
      rows: cardRows(card.profile).map(row),
    })}
  </div>`;
}

/** The range only where it is wider than a tenth. */
function ratioText(ratio: number, low: number, high: number): string {
  const wide = high - low > 0.1 * Math.max(ratio, 0.1);
  return wide ? `${factor(ratio)} (${factor(low)}–${factor(high)})` : factor(ratio);
}

function penalties(card: LossCard): Html {
  const unknown = card.penalties[0]!.unknown;
  return html`<h2>The size penalty in closed form</h2>
    <p>
      The part of the loss that depends on the predicted size alone; a matching term, not drawn here, pulls
      towards the right pixels. The dot is its
      minimum${unknown.length > 0 ? `. Without a closed form, and not included: ${unknown.join(', ')}` : ''}.
    </p>
    ${panelFigure(penaltyChart(card))}`;
}

function families(): Html {
  return html`<dl>
    <dt>${FAMILIES.uniform}</dt>
    <dd>every pixel has the same probability p, as a network before it has learned where anything is</dd>
    <dt>${FAMILIES.noise}</dt>
    <dd>scores of two overlapping normal distributions, d' = 2; right on average at p = q</dd>
    <dt>${FAMILIES.nested}</dt>
    <dd>regions about the true center, from too small to too large; p = q is right</dd>
    <dt>${FAMILIES.matched}</dt>
    <dd>
      the true region keeps the probability ½ and only the rest changes: what is left of losses like Dice is
      their size penalty
    </dd>
  </dl>`;
}

function record({ sources, profile }: LossCard, command: string): Html {
  const rows: [string, string][] = [
    ['command', command],
    ['logits', profile.mode === 'binary' ? 'one channel (sigmoid)' : 'two channels (softmax)'],
    ['own modules', sources.length === 0 ? 'none' : sources.map(({ name }) => name).join(', ')],
    ['backend', 'cpu'],
    ...Object.entries(machineEnvironment()).map(([name, value]): [string, string] => [name, String(value)]),
  ];
  return factsTable(rows);
}
