import type { GoldenCase, GoldenInput } from '@segloss/testing';

import { type Adapter, call, type Plan, seenShare, skip, total } from './plan';

type Options = Readonly<Record<string, unknown>>;

/** Reads `loss` as `family:part`, and everything else by its name. */
export const planRecent: Adapter = (golden, input) => {
  const [family, part] = golden.loss.split(':') as [string, string | undefined];
  if (part !== undefined) return planComponents(golden, family, part);
  const answer = ANSWERS[golden.loss];
  return answer === undefined
    ? skip('missing', `${golden.loss} is not among the losses`)
    : answer(golden, input);
};

const one = (spec: string, scale = 1, more: Partial<Extract<Plan, { terms: unknown }>> = {}): Plan => ({
  terms: [{ spec, scale }],
  ...more,
});

/** The ignored label of a case, where its options say one. */
const ignored = ({ options }: GoldenCase) =>
  'ignore_index' in options ? { ignoreIndex: options['ignore_index'] as number } : {};

const PARTS: Readonly<Record<string, (smooth: number) => string>> = {
  Dice: (smooth) => `dice(smooth=${smooth})`,
  CE: () => 'ce',
  DiceCE: (smooth) => `dice(smooth=${smooth}) + ce`,
};

/** CC-DiceCE and blob loss. */
function planComponents({ options, layout }: GoldenCase, family: string, part: string): Plan {
  const o = options as { connectivity: number; absent?: string; smooth?: number; mainWeight?: number };
  const full = o.connectivity === (layout === 'NCDHW' ? 26 : 8);
  const inner = PARTS[part.replace('+global', '')]!(o.smooth ?? 0);
  const clipped = inner.replace(/\bce$/, 'clipped-ce'); // CC-3: all but blob loss clip probabilities at 1e-7
  const wrapped = (more: Options) => {
    const given = Object.entries({ connectivity: full ? 'full' : 'face', ...more });
    return `per-component(${family === 'blob' ? inner : clipped},${given.map(([key, value]) => `${key}=${String(value)}`).join(',')})`;
  };
  const absentClass = o.absent === 'skip' ? 'skip' : 'whole';
  if (family === 'blob') {
    const others = options['activationFirst'] === true ? 'zero' : 'half';
    const blob = { spec: wrapped({ region: 'blob', others, absentClass: 'skip' }), weight: options['blobWeight'] as number }; // prettier-ignore
    const main = inner.split(' + ').map((spec) => ({ spec, weight: o.mainWeight! }));
    return { terms: [...main, blob], onlyTotal: true };
  }
  const region = family.startsWith('blob') ? 'blob' : 'voronoi';
  const components = { spec: wrapped({ region, absentClass }) };
  const more = 'ignoreIndex' in options ? { ignoreIndex: options['ignoreIndex'] as number } : {};
  if (!part.endsWith('+global')) return { terms: [components], ...more };
  const dice = 'dice(smooth=0,floor=1e-8,includeBackground=false)';
  return { terms: [components, { spec: dice }, { spec: 'ce' }], offset: -1, ...more };
}

type Answer = (golden: GoldenCase, input: GoldenInput) => Plan;

const ANSWERS: Readonly<Record<string, Answer>> = {
  ...Object.fromEntries(
    ['HardL1ACE', 'SoftL1ACE'].flatMap((name) =>
      ['', 'andCE', 'andDice', 'andDiceCE'].map((tail): [string, Answer] => [`${name}${tail}`, planAce]),
    ),
  ),
  MbLS: (golden, input) => {
    const { margin, alpha, ignore_index: index } = golden.options as Record<string, number>;
    // MBLS-3: a negative label is ignored by the cross-entropy only; there is none in these inputs.
    const terms = [{ spec: call('mbls', { margin, alpha }) }];
    return { terms, onlyTotal: true, ignoreIndex: index!, onlyValue: largestTies(input) };
  },
  MbLSMasked: (golden) => {
    const { margin, alpha } = golden.options as Record<string, number>;
    return { terms: [{ spec: call('mbls', { margin, alpha }) }], onlyTotal: true, ignoreIndex: 255 };
  },
  'DSC++': ({ options }) => one(call('dice-plus-plus', { gamma: options['gamma'], smooth: 5e-8 })),
  'Tversky++': (golden) => one(tverskyPlusPlus(golden, 1)),
  'FocalTversky++': (golden) => one(tverskyPlusPlus(golden, 0.75)),
  LogBarrier: (golden) => planBounds(golden, { penalty: 'log-barrier', sharpness: golden.options['t'] }),
  QuadraticPenalty: (golden) => planBounds(golden, {}),
  SkeletonRecall: ({ options, extras }) => {
    const spec = call('skeleton-recall', {
      target: 'labels',
      smooth: options['smooth'],
      aggregation: options['batch_dice'] === true ? 'perBatch' : 'perImage',
      absentClass: 'smooth',
    });
    return { terms: [{ spec, labels: (extras as Record<string, string>)['skel']! }], offset: -1 };
  },
  DC_SkelREC_and_CE: ({ options, extras }) => {
    const { smooth, ignoreIndex } = options as { smooth: number; ignoreIndex: number | null };
    const common = { smooth, includeBackground: false };
    const recall = call('skeleton-recall', {
      target: 'labels',
      smooth,
      absentClass: 'smooth',
    });
    return {
      terms: [
        { spec: call('dice', common) },
        { spec: 'ce' },
        { spec: recall, labels: (extras as Record<string, string>)['skel']! },
      ],
      offset: -2,
      ...(ignoreIndex !== null && { ignoreIndex }),
    };
  },
  cbDice: (golden) => planCenterline(golden, 'thin'),
  clMDice: (golden) => planCenterline(golden, 'uniform'),
  RegionWise: ({ quirks }) =>
    quirks?.includes('RW-1')
      ? skip('RW-1', 'the distances of a class that fills the image are measured to a point outside of it')
      : one('region-wise'),
  TvMFDice: tVmf,
  TvMFDice3D: tVmf,
  RecallLoss: () => one('recall-ce'),
  RecallLossMasked: (golden) => one('recall-ce', 1, ignored(golden)),
  TiltedCE: (golden) => one(call('tilted-ce', { t: golden.options['t'] }), 1, ignored(golden)),
  FocalPhi: (golden) => {
    const { gamma, eps } = golden.options;
    return one(
      call('mcc', { gamma, smooth: eps, smoothed: 'factors', aggregation: 'perBatch' }),
      1,
      ignored(golden),
    );
  },
  SizeRelL1: (golden, input) =>
    // An image without valid pixels counts in the mean, as 0.
    one(call('relative-l1', { epsilon: golden.options['eps'] }), seenShare(input), ignored(golden)),
};

function planAce({ loss, options, mode, shapeLogits }: GoldenCase): Plan {
  const given = (options['ace_params'] ?? options) as Options;
  const reduced = given['reduction'] ?? 'mean';
  const classes = (shapeLogits[1]! - (given['include_background'] === false && mode !== 'binary' ? 1 : 0)) * shapeLogits[0]!; // prettier-ignore
  const classWeights = given['weight'] as number[] | undefined;
  const share = classWeights ? total(classWeights) / classWeights.length : 1;
  const ace = {
    spec: call('l1-ace', {
      binning: loss.startsWith('Hard') ? 'hard' : 'soft',
      bins: given['num_bins'],
      emptyWeight: given['empty_weight'],
      absentClass: given['ignore_empty_classes'] === false ? 'smooth' : 'zero',
      includeBackground: given['include_background'],
      classWeights,
    }),
    scale: share * (reduced === 'mean' ? 1 : classes),
  };
  const dice = /Dice/.test(loss) ? [{ spec: 'dice(preset=monai)' }] : [];
  const crossEntropy = /CE$/.test(loss.replace(/L1ACE$/, '')) ? [{ spec: 'ce' }] : [];
  const terms = [ace, ...dice, ...crossEntropy];
  const weight = [1, 0.5, 0.33][terms.length - 1]!; // of each term, as they are by default
  return { terms: terms.map((term) => ({ ...term, weight })) };
}

/** Whether the largest logit of a pixel is there twice: then the reference gives the whole gradient to the first. */
function largestTies({ logits, shapeLogits: [images, channels, ...space] }: GoldenInput): boolean {
  const pixels = space.reduce((a, b) => a * b, 1);
  return Array.from({ length: images! * pixels }, (_, i) => {
    const start = Math.floor(i / pixels) * channels! * pixels + (i % pixels);
    const z = Array.from({ length: channels! }, (__, k) => logits[start + k * pixels]!);
    return z.filter((value) => value === Math.max(...z)).length;
  }).some((ties) => ties > 1);
}

function tverskyPlusPlus({ options }: GoldenCase, power: number): string {
  const { gamma, delta } = options as { gamma: number; delta: number };
  return call('dice-plus-plus', { gamma, alpha: 1 - delta, beta: delta, power, smooth: 1e-7 });
}

/** Bounds of each image in pixels; the sum over images, classes and bounds is divided by the pixels of one image. */
function planBounds(golden: GoldenCase, options: Options): Plan {
  const { idc } = golden.options as { idc: number[] };
  const [images, , ...space] = golden.shapeLogits as [number, number, ...number[]];
  const pixels = space.reduce((a, b) => a * b, 1);
  return {
    terms: (image, extra) => {
      const { shape, values } = extra((golden['extras'] as { bounds: string }).bounds);
      const channels = shape[1]!;
      const at = (k: number, side: number) => values[(image * channels + k) * 2 + side]!;
      const row = (side: number) => Array.from({ length: channels }, (_, k) => at(k, side));
      const binary = golden.mode === 'binary';
      const spec = call('size-bounds', {
        unit: 'pixels',
        lower: binary ? row(0).slice(-1) : row(0),
        upper: binary ? row(1).slice(-1) : row(1),
        classes: binary ? [0] : idc,
        ...options,
      });
      return [{ spec, scale: (images * (binary ? 1 : idc.length)) / pixels }];
    },
  };
}

function planCenterline({ options }: GoldenCase, weights: string): Plan {
  const { iter_, smooth, skeleton } = options;
  const isTopological = skeleton === 'topological'; // which stops after five iterations (CBD-1)
  const iterations = isTopological ? 5 : iter_;
  const given = { preset: 'nnunet', iterations, smooth, weights, ...(isTopological && { skeleton }) };
  return one(call('cbdice', given), 1, { offset: -1 });
}

function tVmf({ options }: GoldenCase): Plan {
  return one(call('t-vmf-dice', { kappa: options['kappa'], aggregation: 'perBatch', absentClass: 'smooth' }));
}
