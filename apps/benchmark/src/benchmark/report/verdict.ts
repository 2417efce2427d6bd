import { format } from '../statistics.js';
import { failedRuns, type LossSummary, type Summary } from '../summary.js';

/** Within this of 1, a predicted/true proportion is called right. */
const tolerance = 0.1;

/** The finding in a few sentences, by fixed rules: nobody chose which ones to print. */
export function verdict(summary: Summary): string[] {
  const ranked = summary.losses
    .filter((loss) => loss.result.dice.count > 0)
    .sort((a, b) => b.result.dice.mean - a.result.dice.mean);
  const [best, second] = ranked;
  if (best === undefined) return ['No run finished, so there is nothing to compare.', ...failures(summary)];
  return [
    ranking(best, second),
    ...trivial(best, summary),
    proportions(ranked, summary),
    ...failures(summary),
  ];
}

function ranking(best: LossSummary, second: LossSummary | undefined): string {
  const seeds = best.result.dice.count;
  const count = `${seeds} seed${seeds === 1 ? '' : 's'}`;
  const first = `${best.spec} has the highest validation Dice, ${format(best.result.dice, 3)} over ${count}`;
  if (second === undefined) return `${first}.`;
  const gap = best.result.dice.mean - second.result.dice.mean;
  const spread = Math.max(best.result.dice.std || 0, second.result.dice.std || 0);
  const next = `${first}; ${second.spec} is ${gap.toFixed(3)} behind`;
  if (Math.min(seeds, second.result.dice.count) < 2)
    return `${next}, and one seed cannot say whether that is more than chance.`;
  return gap > 2 * spread
    ? `${next}, more than twice the spread over seeds (${spread.toFixed(3)}).`
    : `${next}, which is within twice the spread over seeds (${spread.toFixed(3)}): the order of these two is not settled.`;
}

function trivial(best: LossSummary, summary: Summary): string[] {
  const floor = summary.trivial.reduce((a, b) => (b.result.dice.mean > a.result.dice.mean ? b : a));
  if (best.result.dice.mean > floor.result.dice.mean) return [];
  return [
    `No loss beats the constant prediction "${floor.name}" (Dice ${format(floor.result.dice, 3)}): train longer before comparing.`,
  ];
}

function proportions(ranked: readonly LossSummary[], { rareClass, start }: Summary): string {
  const name = start.data.classes[rareClass] ?? '';
  const ratio = (loss: LossSummary) => loss.result.hardRatio[rareClass]?.mean ?? NaN;
  const list = (losses: readonly LossSummary[]) =>
    losses.map((loss) => `${loss.spec} (${ratio(loss).toFixed(2)})`).join(', ');
  const small = ranked.filter((loss) => ratio(loss) < 1 - tolerance);
  const large = ranked.filter((loss) => ratio(loss) > 1 + tolerance);
  const right = ranked.filter((loss) => Math.abs(ratio(loss) - 1) <= tolerance);
  const parts = [
    ...(small.length > 0 ? [`too small with ${list(small)}`] : []),
    ...(right.length > 0 ? [`within ${100 * tolerance} % of the truth with ${list(right)}`] : []),
    ...(large.length > 0 ? [`too large with ${list(large)}`] : []),
  ];
  return `The predicted proportion of "${name}", relative to the true one, is ${parts.join('; ')}.`;
}

function failures(summary: Summary): string[] {
  const failed = failedRuns(summary);
  if (failed.length === 0) return [];
  const runs = summary.losses.reduce((sum, loss) => sum + loss.runs.length, 0);
  return [`${failed.length} of ${runs} runs did not finish; see "Failed runs".`];
}
