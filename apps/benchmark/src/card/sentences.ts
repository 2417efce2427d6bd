import type { LossCard } from './card.js';
import { cardRows, nearestRow, type CardRow } from './numbers.js';
import { capital, factor, isRight, list, percent, shareText, sizeWords } from './words.js';

/** The true share that the sentences speak of: where the losses differ most. */
const SMALL = 0.01;

/** What a card says in words, by fixed rules; one sentence for each thing that is known. */
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
    formulas.length === 1 ? `Its hidden size penalty, ${formulas[0]},` : 'The sum of its size penalties';
  return [
    `${what}${without} prefers ${sizeWords(nearest.minimizer, nearest.q)}: at a true share of ${shareText(nearest.q)} its minimum is at ${percent(nearest.minimizer)}.`,
  ];
}

const READERS = [
  ['uniform', 'a network that knows nothing of the pixels'],
  ['noise', 'one that is unsure of them'],
  ['nested', 'one that knows the place'],
] as const;

/** Who does best to predict which size; those that agree together. */
function bestSizes({ q, minimizer }: CardRow): string[] {
  const bySize = new Map<string, string[]>();
  for (const [family, who] of READERS) {
    const best = minimizer[family];
    if (best === null || best === undefined) continue;
    const size = sizeWords(best.p, q);
    bySize.set(size, [...(bySize.get(size) ?? []), who]);
  }
  const parts = [...bySize].map(
    ([size, who]) => `${list(who)} ${who.length > 1 ? 'do' : 'does'} best to predict ${size}`,
  );
  return parts.length === 0 ? [] : [`At a true share of ${shareText(q)}, ${parts.join('; ')}.`];
}

function pushSentence({ q, push: { half, double } }: CardRow): string[] {
  const told = (where: string, ratio: number | null) =>
    ratio === null ? [] : [{ where, words: pushWords(ratio) }];
  const all = [...told('at half', half), ...told('at twice', double)];
  const where = `the true size (share ${shareText(q)}, the right place) it`;
  const [first, second] = all;
  if (first === undefined) return [];
  if (second === undefined || first.words === second.words) {
    return [`${capital(list(all.map((one) => one.where)))} ${where} ${first.words}.`];
  }
  return [`${capital(first.where)} ${where} ${first.words}, ${second.where} it ${second.words}.`];
}

function pushWords(ratio: number): string {
  if (Math.abs(ratio) < 0.005) return 'hardly pushes the size at all';
  if (isRight(ratio, 1)) return 'pushes the size back as hard as CE';
  if (ratio < 0) return `pushes the size the wrong way, ${factor(-ratio)} times as hard as CE pushes it back`;
  return `pushes the size back ${factor(ratio)} times as hard as CE`;
}

function posteriorSentence({ profile }: LossCard): string[] {
  const ratios = profile.posterior.map(({ softRatio }) => softRatio);
  if (ratios.length === 0) return [];
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
  if (isRight(low, 1) && isRight(high, 1)) return ['Where readers disagree, its best prediction keeps their mean volume.']; // prettier-ignore
  const range = factor(low) === factor(high) ? factor(low) : `${factor(low)} to ${factor(high)}`;
  return [`Where readers disagree, its best prediction has ${range} times their mean volume (CE keeps it).`];
}

function simplexSentence({ profile: { simplex } }: LossCard): string[] {
  if (simplex === undefined || simplex.minimum === null) return [];
  const shares = (p: readonly number[]) => p.map((share) => percent(share)).join(' / ');
  return [
    `Of three classes with the true shares ${shares(simplex.q)}, a network that knows nothing does best to predict ${shares(simplex.minimum)}.`,
  ];
}
