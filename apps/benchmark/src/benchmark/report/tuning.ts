import { html, type Html } from '../../page/html.js';
import { scoreText } from '../../page/numbers.js';
import { plural } from '../../page/plural.js';
import { csvLink, csvText } from '../../page/csv.js';
import { table } from '../../page/table.js';
import type { TunedGroup, TuningResult } from '../results.js';

/** What was tuned: every candidate with its score, and the chosen one. */
export function tuningTable(tuning: TuningResult | undefined): Html {
  if (tuning === undefined) return html``;
  const { folds, epochs, weights, groups } = tuning;
  const head = ['cells', 'candidate', 'Dice', 'chosen'];
  const name = ({ labels }: TunedGroup) => Object.values(labels).join(', ') || 'all';
  const lines = groups.flatMap((group) => group.candidates.map((candidate, i) => ({ name: name(group), ...candidate, chosen: group.chosen === i }))); // prettier-ignore
  const budget = groups[0]?.candidates.length ?? 0;
  return html`<h2 id="tuning">Tuning</h2>
    <p>
      Chosen on the training images alone, with the same budget for every loss: ${plural(budget, 'candidate')}
      x ${folds} parts x ${epochs === null ? 'the epochs of the runs' : plural(epochs, 'epoch')}. Dice: mean
      over the parts, of the ${weights === 'best' ? 'best' : 'last'} weights. A candidate that diverged has
      none and is never chosen.
    </p>
    ${table({ head, names: 2, name: 'cards sortable', caption: 'Tuning', rows: lines.map((one) => [html`<code>${one.name}</code>`, html`<code>${one.label}</code>`, scoreText(one.score), one.chosen ? 'yes' : '']) })}
    ${csvLink('tuning', csvText([head, ...lines.map((one) => [one.name, one.label, one.score, String(one.chosen)])]))}`;
}
