import { lossProfile, marginalPenalties, type LossProfile, type LossProfileOptions } from '@segloss/bias';
import { weightAt, type Loss, type Term } from '@segloss/losses';
import type { ModuleSource } from '@segloss/trainer';

import { sizePenalty, type SizePenalty } from '../page/size-penalty.js';

/** The true proportions of a card: lesions of a thousandth up to what fills most of the image. */
export const CARD_PROPORTIONS = [0.001, 0.01, 0.05, 0.1, 0.4, 0.6];

/** The region sizes that a loss prefers, ready to be drawn: plain JSON. */
export interface LossCard {
  /** The loss as text. */
  readonly spec: string;
  readonly terms: readonly CardTerm[];
  /** Modules of the user's own that the loss came from. */
  readonly sources: readonly ModuleSource[];
  /** The penalty in closed form at each true proportion; empty where no term has one. */
  readonly penalties: readonly SizePenalty[];
  /** What the loss does, measured. */
  readonly profile: LossProfile;
}

/** One term of a loss. */
export interface CardTerm {
  readonly name: string;
  /** At epoch 0. */
  readonly weight: number;
  readonly spec: string;
  readonly summary: string;
  readonly source: string | null;
  /** Formula of its marginal penalty, where one is known for these options. */
  readonly penalty: string | null;
  /** The formula as the program has it. */
  readonly code: string;
}

/**
 * Measures which region sizes a loss prefers. A broken loss gets a card too: `profile.findings` says what is wrong.
 * Set a tfjs backend, and import `@tensorflow/tfjs-layers` for the gradients, before.
 *
 * @param loss From a factory, `compound`, `parseLoss` or `resolveLoss`.
 * @param options Of `lossProfile`; the true proportions are those of the card.
 * @param sources Modules that the loss came from, for the record.
 *
 * @example
 * ```ts
 * await import('@tensorflow/tfjs-layers');
 * const { parseLoss } = await import('@segloss/losses');
 * const quick = { q: [0.1], families: ['uniform'], points: 9, posterior: false, simplex: false };
 * const card = await lossCard(parseLoss('ce'), quick);
 * card.terms[0].penalty; // → "(w₁ q log(q/p) + w₀ (1-q) log((1-q)/(1-p))) / (w₁ q + w₀ (1-q))"
 * card.penalties[0].minimizer; // → 0.1
 * card.profile.findings.length; // → 0
 * ```
 */
export async function lossCard(
  loss: Loss,
  options: LossProfileOptions = {},
  sources: readonly ModuleSource[] = [],
): Promise<LossCard> {
  const { q = CARD_PROPORTIONS, epoch = 0 } = options;
  const terms = loss.terms.map((term) => cardTerm(term, epoch));
  const closed = terms.some(({ penalty }) => penalty !== null);
  return {
    spec: loss.spec,
    terms,
    sources,
    penalties: closed ? q.map((truth) => sizePenalty(loss, truth, epoch)) : [],
    profile: await lossProfile(loss, { ...options, q }),
  };
}

function cardTerm({ name, weight, spec, definition, options }: Term, epoch: number): CardTerm {
  const penalty = marginalPenalties()[definition.name];
  return {
    name,
    weight: weightAt(weight, epoch),
    spec,
    summary: definition.summary,
    source: definition.source ?? null,
    penalty: penalty?.holds(options) ? penalty.formula : null,
    code: String('compute' in definition ? definition.compute : definition.pixels),
  };
}
