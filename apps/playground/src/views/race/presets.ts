import type { State } from '../../state/state.js';

/** Races in which something is to be seen. */
export const PRESETS: readonly { readonly name: string; readonly more: Partial<State> }[] = [
  { name: 'Rare & clear', more: { q: 0.01, separability: 3, losses: ['ce', 'dice', 'ce + l1'] } },
  { name: 'Rare & blurry', more: { q: 0.005, separability: 1.5, losses: ['ce', 'dice', 'ce + l1'] } },
  {
    name: 'Inverse weights',
    more: { q: 0.01, separability: 3, losses: ['ce', 'ce(classWeights=inverse)', 'ce + l1'] },
  },
  { name: 'Focal', more: { q: 0.01, separability: 3, losses: ['ce', 'focal', 'ce + l1'] } },
  { name: 'Balanced', more: { q: 0.6, separability: 3, losses: ['ce', 'dice', 'ce + l1', 'focal'] } },
  {
    name: 'Dice collapses',
    more: { q: 0.003, separability: 0.7, losses: ['dice', 'dice + 10*l1', 'ce + l1'] },
  },
];
