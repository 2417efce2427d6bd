import type { Finding, LossProfile, ProfileCurve } from '@segloss/bias';

import { list } from './words.js';

/** What each kind of finding means for a training. */
const MEANING: Readonly<Record<Finding['kind'], string>> = {
  nan: 'It gives NaN (not a number): training stops there.',
  infinite: 'It gives an infinite value or gradient: training stops there.',
  'no-gradient': 'It has no gradient where its value changes: a network cannot learn from it.',
  'wrong-gradient':
    'Its gradient is not the derivative of its value (a mistake, or weights that are held constant on purpose): training does not end at its minimum.',
  error: 'It throws an error on valid input.',
};

/** One thing that is wrong with a loss: what it means in plain words, where it was seen, and what was seen first. */
export interface Problem {
  /** Whether no training can go well with it; a gradient that is not the derivative can be meant so. */
  readonly fatal: boolean;
  readonly meaning: string;
  /** Empty where `meaning` says it all. */
  readonly detail: string;
}

/** What is wrong with a loss, the findings of one kind together; empty for a sound loss. */
export function problemsOf(profile: LossProfile): Problem[] {
  const kinds = Object.keys(MEANING) as Finding['kind'][];
  const found = kinds.flatMap((kind) => {
    const all = profile.findings.filter((finding) => finding.kind === kind);
    const [first] = all;
    if (first === undefined) return [];
    const places = [...new Set(all.map(({ where }) => where.split(' ')[0]!))];
    const detail = `Seen in ${all.length} ${all.length === 1 ? 'part' : 'parts'} of the profile (${list(places)}). The first, at ${first.where}: ${first.message}`;
    return [{ fatal: kind !== 'wrong-gradient', meaning: MEANING[kind], detail }];
  });
  const still = profile.findings.some(({ kind }) => kind === 'no-gradient') ? [] : standsStill(profile);
  return [...found, ...still, ...wrongSign(profile)];
}

/** Whether a training with it cannot go well. */
export const isBroken = (problems: readonly Problem[]): boolean => problems.some(({ fatal }) => fatal);

/** A loss that moves in jumps, as one that counts pixels: no finding where the gradient is checked, between two of them. */
function standsStill({ families }: LossProfile): Problem[] {
  const still = families.filter(({ value, force }) => {
    const known = value.filter((each) => each !== null);
    return Math.max(...known) > Math.min(...known) && force.every((each) => each === 0 || each === null);
  });
  if (families.length === 0 || still.length < families.length / 2) return [];
  const detail = `Seen on ${still.length} of ${families.length} lines: the value changes with the prediction, the gradient is 0 everywhere. A loss cannot count pixels or use step, round, argMax or a comparison on the prediction.`;
  return [{ fatal: true, meaning: MEANING['no-gradient'], detail }];
}

/** A loss that is greatest at the right prediction has its sign turned around; its gradient agrees, so no finding tells. */
function wrongSign({ families }: LossProfile): Problem[] {
  const nested = families.filter(({ family }) => family === 'nested');
  const turned = nested.filter(isGreatestAtTruth);
  if (nested.length === 0 || turned.length < nested.length / 2) return [];
  return [
    {
      fatal: true,
      meaning: 'It is greatest where the prediction is right: its sign is probably reversed.',
      detail: `Seen at ${turned.length} of ${nested.length} true proportions, over regions about the true center that grow from too small to too large. A loss has to be least at the right one.`,
    },
  ];
}

function isGreatestAtTruth({ p, q, value }: ProfileCurve): boolean {
  const known = p.flatMap((at, i) => (value[i] === null ? [] : [{ at, value: value[i]! }]));
  const values = known.map((point) => point.value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // A greatest value at an end is a loss that pulls one way; one inside, close to the truth, is turned around.
  const top = known.findIndex((point) => point.value === most);
  const inside = top > 0 && top < known.length - 1;
  return most > least && inside && Math.abs(Math.log(known[top]!.at / q)) < Math.log(2);
}
