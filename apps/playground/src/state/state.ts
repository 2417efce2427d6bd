import { signal } from '@preact/signals';

import { FORMULA, lightLoss, portableSpec } from '../core/losses.js';

/** The screens, in the order of the tabs. */
export const TABS = ['curve', 'paint', 'race', 'simplex', 'masks', 'train', 'card'] as const;
export type Tab = (typeof TABS)[number];

export const TAB_NAMES: Readonly<Record<Tab, string>> = {
  curve: 'Curve',
  paint: 'Paint',
  race: 'Race',
  simplex: 'Simplex',
  masks: 'Your masks',
  train: 'Train',
  card: 'Bias card',
};

/** The losses that can be ticked; their place is their look in every chart. */
export const OFFERED: readonly { readonly spec: string; readonly name: string }[] = [
  { spec: 'ce', name: 'Cross-entropy' },
  { spec: 'dice', name: 'Dice' },
  { spec: 'ce + l1', name: 'Cross-entropy + L1' },
  { spec: 'ce(classWeights=inverse)', name: 'Inverse-frequency cross-entropy' },
  { spec: 'focal', name: 'Focal, γ = 2' },
  { spec: 'tversky(alpha=0.3,beta=0.7)', name: 'Tversky, α 0.3, β 0.7' },
  { spec: 'ce + kl', name: 'Cross-entropy + KL' },
  { spec: 'dice + 10*l1', name: 'Dice + 10 · L1' },
];

export const SHAPES = ['disc', 'dots', 'ring', 'bar', 'speck', 'own'] as const;
export type Shape = (typeof SHAPES)[number];

export const PREDICTIONS = ['blurred', 'uniform', 'shifted', 'small', 'large'] as const;
export type PredictionName = (typeof PREDICTIONS)[number];

/** What *Train* may compute on. */
export const BACKENDS = ['auto', 'wasm', 'webgpu'] as const;

/** Everything that a link to the page holds. */
export interface State {
  readonly tab: Tab;
  /** Specs, in the order in which they were chosen. */
  readonly losses: readonly string[];
  /** True proportion of the foreground. */
  readonly q: number;
  readonly scale: 'log' | 'linear';
  readonly shape: Shape;
  /** The painted mask, where the shape is `own`: base64 of 64 x 64 bits. */
  readonly mask: string;
  readonly prediction: PredictionName;
  readonly separability: number;
  readonly seed: number;
  readonly size: number;
  /** True proportions of two of three classes. */
  readonly q1: number;
  readonly q2: number;
  /** What the bias card is of. */
  readonly card: string;
  /** What is trained. */
  readonly train: string;
  readonly epochs: number;
  readonly backend: (typeof BACKENDS)[number];
}

export const DEFAULTS: State = {
  tab: 'curve',
  losses: ['ce', 'dice', 'ce + l1', 'ce(classWeights=inverse)'],
  q: 0.02,
  scale: 'log',
  shape: 'disc',
  mask: '',
  prediction: 'blurred',
  separability: 3,
  seed: 1,
  size: 64,
  q1: 0.6,
  q2: 0.3,
  card: 'ce + 0.5*l1(temperature=10)',
  train: 'dice',
  epochs: 6,
  backend: 'auto',
};

/** The state of the page. */
export const state = signal<State>(DEFAULTS);

/** What was wrong with a link, in words; shown until it is dismissed. */
export const notes = signal<readonly string[]>([]);

/** One polite sentence for screen readers. */
export const said = signal('');

export const update = (more: Partial<State>): void => {
  state.value = { ...state.value, ...more };
};

/** Place of a loss in the palette: the same in every chart. */
export function lookOf(spec: string): number {
  const offered = OFFERED.findIndex((one) => one.spec === spec);
  if (offered >= 0) return offered;
  const own = state.value.losses.filter((one) => OFFERED.every((other) => other.spec !== one));
  return (OFFERED.length + own.indexOf(spec)) % 8;
}

/** What a loss is called on the page. */
export function nameOf(spec: string): string {
  const offered = OFFERED.find((one) => one.spec === spec);
  if (offered !== undefined) return offered.name;
  return spec.startsWith(FORMULA) ? spec.slice(FORMULA.length).trim() : spec;
}

/** The spec as the library reads it. */
export const specOf = (spec: string): string => portableSpec(spec, state.value.q);

/** Why a loss cannot be added to the first screens; undefined if it can. */
export function refusalOf(spec: string): string | undefined {
  try {
    if (lightLoss(spec, 0.1) !== undefined) return undefined;
  } catch (error) {
    return (error as Error).message;
  }
  return `These screens compute ${'ce, focal, dice, log-dice, jaccard, tversky, l1, l2, kl, reverse-kl, js, dice-bias'} and their sums. Any other spec: open its bias card.`;
}
