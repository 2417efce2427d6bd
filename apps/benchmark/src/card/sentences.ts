import type { LossCard } from './card.js';
import { cardRows, nearestRow, type CardRow } from './numbers.js';
import { factor, isRight, list, percent, shareText, sizeWords } from './words.js';

/** The true share that the sentences speak of: where the losses differ most. */
const SMALL = 0.01;

/** Returns the sentences of a card, which fixed rules write from its numbers. */
export function sentencesOf(card: LossCard): string[] {
  const row = nearestRow(cardRows(card.profile), SMALL);
  return [
    ...penaltySentence(card),
    ...(row === undefined ? [] : [...bestSizes(row), ...pushSentence(row)]),
    ...posteriorSentence(card),
    ...simplexSentence(card),
  ];
}

function penaltySentence({ penalties, terms }: LossCard): string[] {
  const nearest = penalties.reduce<LossCard['penalties'][number] | undefined>(
    (best, one) => (best && Math.abs(best.q - SMALL) <= Math.abs(one.q - SMALL) ? best : one),
    undefined,
  );
  if (nearest === undefined) return [];
  const formulas = terms.flatMap(({ penalty }) => (penalty === null ? [] : [penalty]));
  const without = nearest.unknown.length > 0 ? ` (without ${list(nearest.unknown)})` : '';
  const what =
    formulas.length === 1 ? `The hidden size penalty ${formulas[0]}` : 'The sum of its size penalties';
  return [
    `${what}${without} prefers ${sizeWords(nearest.minimizer, nearest.q)}: for a region of ${shareText(nearest.q)} of the image it is least at ${percent(nearest.minimizer)}.`,
  ];
}

const PREDICTIONS = [
  ['uniform', 'uniform predictions'],
  ['noise', 'predictions with calibrated noise'],
  ['nested', 'nested regions around the true center'],
] as const;

/** The size at which the loss is least, for each kind of prediction; kinds that agree together. */
function bestSizes({ q, minimizer }: CardRow): string[] {
  const bySize = new Map<string, string[]>();
  for (const [family, kind] of PREDICTIONS) {
    const best = minimizer[family];
    if (best === null || best === undefined) continue;
    const size = sizeWords(best.p, q);
    bySize.set(size, [...(bySize.get(size) ?? []), kind]);
  }
  const parts = [...bySize].map(([size, kinds]) => `${size} for ${list(kinds)}`);
  return parts.length === 0
    ? []
    : [`For a true region of ${shareText(q)} of the image, the loss is least at ${parts.join('; at ')}.`];
}

function pushSentence({ q, push: { half, double } }: CardRow): string[] {
  const at = (where: string, ratio: number | null) =>
    ratio === null ? [] : [{ where, words: pushWords(ratio) }];
  const all = [...at('half', half), ...at('twice', double)];
  const region = `its size (in the right place, true share ${shareText(q)})`;
  const [first, second] = all;
  if (first === undefined) return [];
  if (second === undefined || first.words === second.words) {
    return [`A region predicted at ${list(all.map((one) => one.where))} ${region} is ${first.words}.`];
  }
  return [
    `A region predicted at ${first.where} ${region} is ${first.words}; at ${second.where} its size, it is ${second.words}.`,
  ];
}

function pushWords(ratio: number): string {
  if (Math.abs(ratio) < 0.005) return 'hardly pushed at all';
  if (isRight(ratio, 1)) return 'pushed back as hard as by CE';
  if (ratio < 0) return `pushed further away, ${factor(-ratio)} times as hard as CE pushes it back`;
  return `pushed back ${factor(ratio)} times as hard as by CE`;
}

function posteriorSentence({ profile }: LossCard): string[] {
  const ratios = profile.posterior.map(({ softRatio }) => softRatio);
  if (ratios.length === 0) return [];
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
  const best = 'Where annotators disagree, the best prediction has';
  if (isRight(low, 1) && isRight(high, 1)) return [`${best} the mean of their volumes.`];
  const range = factor(low) === factor(high) ? factor(low) : `${factor(low)} to ${factor(high)}`;
  return [`${best} ${range} times the mean of their volumes (under CE exactly the mean).`];
}

function simplexSentence({ profile: { simplex } }: LossCard): string[] {
  if (simplex === undefined || simplex.minimum === null) return [];
  const shares = (p: readonly number[]) => p.map((share) => percent(share)).join(' / ');
  return [
    `For three classes with ${shares(simplex.q)} of the image, the best uniform prediction is ${shares(simplex.minimum)}.`,
  ];
}
