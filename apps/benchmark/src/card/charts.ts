import type { LossProfile, ProfileCurve, ProfileFamily } from '@segloss/bias';
import type {
  BarChartOptions,
  LineChartOptions,
  PanelChartOptions,
  Series,
  SimplexChartOptions,
} from '@segloss/charts';

import type { LossCard } from './card.js';
import { FAMILIES } from './numbers.js';
import { percent, shareText } from './words.js';

/** Sizes are drawn from a tenth of the true one to ten times as large; what is smaller stands at the lower end. */
const RANGE = 10;
const SIZE_AXIS = {
  label: 'predicted size / true size, p/q',
  scale: 'log',
  domain: [1 / RANGE, RANGE],
} as const;
const names = Object.keys(FAMILIES) as ProfileFamily[];
const proportions = ({ families }: LossProfile) => [...new Set(families.map(({ q }) => q))];
const curveOf = ({ families }: LossProfile, family: ProfileFamily, q: number) =>
  families.find((curve) => curve.family === family && curve.q === q);
const clamped = (ratio: number) => Math.min(RANGE, Math.max(1 / RANGE, ratio));

/** The axis of the true shares, with some room beside them. */
const shareRange = (shares: readonly number[]): [number, number] => [
  Math.min(1, ...shares) / 1.5,
  2.5 * Math.max(0.1, ...shares),
];

/** Where each family of predictions is best, over the true proportion. */
export function minimumChart({
  profile,
  penalties,
}: Pick<LossCard, 'profile' | 'penalties'>): LineChartOptions {
  const families = names.flatMap((family): Series[] => {
    const best = profile.families.flatMap(({ family: own, q, minimizer }) =>
      own === family && minimizer !== null ? [{ q, ...minimizer }] : [],
    );
    if (best.length === 0) return [];
    const points = best.map(({ q, p }) => [q, clamped(p / q)] as const);
    const intervals = best.map(({ q, low, high }) => [q, clamped(low / q), clamped(high / q)] as const);
    return [{ name: FAMILIES[family], points, dots: points, intervals }];
  });
  const closed = penalties.map(({ q, minimizer }) => [q, clamped(minimizer / q)] as const);
  return {
    title: 'Best size over the true size',
    description: `Predicted size at which the loss is least, relative to the true size, for ${shareText(proportions(profile)[0] ?? 0)} to ${shareText(proportions(profile).at(-1) ?? 0)} of the image; from ${1 / RANGE} or less to ${RANGE} or more.`,
    x: { label: 'true share of the image, q', scale: 'log', domain: shareRange(proportions(profile)) },
    y: { label: 'best p/q', scale: 'log', domain: [1 / RANGE, RANGE] },
    series:
      closed.length > 0
        ? [...families, { name: 'penalty in closed form', points: closed, dots: closed }]
        : families,
    marks: [{ y: 1, label: 'p = q' }],
  };
}

/** The penalty in closed form over the predicted size, one panel for each true proportion. */
export function penaltyChart({ penalties }: LossCard): PanelChartOptions {
  return {
    title: 'Size penalty in closed form',
    description: 'What the loss adds for the predicted size alone, less its minimum, for each true share q.',
    x: SIZE_AXIS,
    y: { label: 'penalty' },
    panels: penalties.map(({ q, points, minimizer }) => {
      const near = points.map(([p, value]) => [p / q, value] as const).filter(([ratio]) => inRange(ratio));
      const dots = near.filter(([ratio]) => Math.abs(ratio * q - minimizer) < 1e-12);
      return {
        title: `q = ${shareText(q)}`,
        series: [{ name: 'penalty', points: near, dots }],
        marks: [{ x: 1, label: 'p = q' }],
      };
    }),
  };
}

/** The loss over the predicted size, one panel for each true proportion, one line for each family. */
export function valueChart(profile: LossProfile): PanelChartOptions {
  return {
    title: 'The loss over the predicted size',
    description:
      'Value of the loss, less its minimum on each line, for four families of predictions and each true share q.',
    x: SIZE_AXIS,
    y: { label: 'loss, less its minimum' },
    panels: panels(profile, (curve) => {
      const known = curve.value.filter((value) => value !== null);
      const least = known.reduce((a, b) => Math.min(a, b), Infinity);
      return curve.value.map((value) => (value === null ? null : value - least));
    }),
  };
}

/** How hard the loss pushes the size, beside cross-entropy. */
export function forceChart(profile: LossProfile): PanelChartOptions {
  const { panels: drawn, ...rest } = {
    title: 'How hard it pushes the size',
    description:
      'Derivative of the loss by a shift of the logits, next to that of cross-entropy; above 0 the region shrinks.',
    x: SIZE_AXIS,
    y: { label: 'marginal force' },
    panels: panels(profile, ({ force }) => force),
  };
  const qs = proportions(profile);
  return {
    ...rest,
    panels: drawn.map(({ series, ...panel }, i) => {
      const q = qs[i]!;
      const ratios = Array.from({ length: 41 }, (_, k) => RANGE ** (k / 20 - 1)).filter(
        (ratio) => ratio * q <= 1,
      );
      const ce = ratios.map((ratio) => [ratio, ratio * q - q] as const);
      return { ...panel, series: [...series, { name: 'cross-entropy: p - q', points: ce, dash: '1 3' }], marks: [{ y: 0, label: '' }, { x: 1, label: 'p = q' }] }; // prettier-ignore
    }),
  };
}

function panels(profile: LossProfile, values: (curve: ProfileCurve) => readonly (number | null)[]) {
  const present = names.filter((family) => profile.families.some((curve) => curve.family === family));
  return proportions(profile).map((q) => ({
    title: `q = ${shareText(q)}`,
    series: present.map((family): Series => {
      const curve = curveOf(profile, family, q);
      if (curve === undefined) return { name: FAMILIES[family], points: [] };
      const at = values(curve);
      const points = curve.p
        .map((p, i) => [p / q, at[i] ?? NaN] as const)
        .filter(([ratio]) => inRange(ratio));
      return { name: FAMILIES[family], points };
    }),
    marks: [{ x: 1, label: 'p = q' }],
  }));
}

const inRange = (ratio: number) => ratio >= 0.999 / RANGE && ratio <= 1.001 * RANGE;

/** At least from half to twice the volume. */
function volumeRange(posterior: LossProfile['posterior']): [number, number] {
  const shown = posterior
    .flatMap(({ softRatio, hardRatio }) => [softRatio, hardRatio])
    .filter((ratio) => ratio > 0.05);
  return [Math.min(0.5, ...shown), Math.max(2, ...shown)];
}

/** Volume of the best prediction under disagreement, soft and hard, relative to the mean volume of the annotators. */
export function posteriorChart({ posterior }: LossProfile): BarChartOptions {
  return {
    title: 'Volume where annotators disagree',
    description:
      "Volume of the best prediction relative to the annotators' mean volume, for each kind of disagreement.",
    categories: posterior.map(({ name }) => name.replaceAll('-', ' ')),
    value: {
      label: 'volume of the best prediction / mean volume',
      scale: 'log',
      domain: volumeRange(posterior),
    },
    width: 560,
    series: [
      { name: 'probabilities summed', bars: posterior.map(({ softRatio }) => ({ value: softRatio })) },
      { name: 'pixels above ½ counted', bars: posterior.map(({ hardRatio }) => ({ value: hardRatio })) },
    ],
    marks: [{ x: 1, label: 'kept' }],
  };
}

/** The loss over the proportions of three classes, for a prediction that is the same at every pixel. */
export function simplexOptions({ simplex }: LossProfile): SimplexChartOptions | undefined {
  if (simplex === undefined) return undefined;
  const { q, points, minimum } = simplex;
  return {
    title: 'Three classes',
    description: `Loss of a prediction that is the same at every pixel, over its proportions; the true ones are ${q.map(percent).join(', ')}.`,
    corners: [`A (${percent(q[0])})`, `B (${percent(q[1])})`, `C (${percent(q[2])})`],
    value: 'loss',
    points: points.map(({ p, value, flow }) => ({ p, value: value ?? NaN, ...(flow && { flow }) })),
    marks: [
      { p: q, label: 'truth', kind: 'truth' },
      ...(minimum === null ? [] : [{ p: minimum, label: 'minimum', kind: 'minimum' as const }]),
    ],
  };
}
