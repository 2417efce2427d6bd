import type { GoldenCase, GoldenFile } from '@segloss/testing';

import { type Adapter, type Plan, skip } from './plan';

/** One small fixture, channels first, and what many libraries say of it. */
export interface FixtureFile {
  readonly fixtures: Readonly<Record<string, unknown>>;
  readonly cases: readonly {
    name: string;
    input: 'L' | 'Lb' | 'Lm';
    value: number;
    parts: number[] | null;
    grad: number[];
  }[];
}

const MODES = { L: 'multiclass', Lb: 'binary', Lm: 'multilabel' } as const;

/** The fixture in the form of the other golden files. */
export function fixtureFile({ fixtures, cases }: FixtureFile): GoldenFile {
  const inputs: GoldenFile['inputs'] = {};
  const numbers = (key: string) => (fixtures[key] as unknown[]).flat(Infinity) as number[];
  const golden = cases.map(({ name, input, value, parts, grad }): GoldenCase => {
    const ignored = /ignore255|\.Yi/.test(name);
    const labels = { L: ignored ? 'Yi' : 'Y', Lb: ignored ? 'Ybi' : 'Yb', Lm: 'Ym' }[input];
    const shape = numbers(`${input}shape`);
    const shapeLabels = input === 'Lm' ? shape : [shape[0]!, ...shape.slice(2)];
    const id = `${input}/${labels}`;
    const mode = MODES[input];
    inputs[id] = {
      mode,
      description: id,
      shapeLogits: shape,
      logits: numbers(input),
      shapeLabels,
      labels: numbers(labels),
    };
    return {
      id: name,
      loss: name.split('.')[0]!,
      options: {},
      mode,
      layout: 'NCHW',
      input: id,
      shapeLogits: shape,
      shapeLabels,
      labelEncoding: 'native',
      value64: value,
      grad64: grad,
      ...(parts && { terms: parts.slice(1) }),
      gradAmbiguous: /lovasz|cldice/i.test(name), // pixels tie in sorting and pooling
    };
  });
  return { library: 'fixture', defaults: {}, inputs, cases: golden };
}

const BATCH = 'smooth=0,aggregation=perBatch,absentClass=zero';
const MONAI = 'preset=monai';
const MONAI_GDL = 'preset=monai';
const WEIGHTS = 'classWeights=[0.5,1,2]';
const SIGMOID_FOCAL = 'focal(activation=sigmoid)';
const FAR = 'distanceMatrix=[[0,1,1],[1,0,0.5],[1,0.5,0]]';
const CL_DICE = 'cldice(preset=monai)';

/** A spec, `[spec, factor]`, or `[spec, factor, added]`: from our value to theirs. */
type Answer = string | readonly [spec: string, scale: number, offset?: number];

const ANSWERS: Readonly<Record<string, Answer>> = {
  'torch.ce': 'ce(preset=torch)',
  'torch.ce.ignore255': 'ce',
  'torch.ce.weight': `ce(${WEIGHTS})`,
  'torch.ce.weight.ignore255': `ce(${WEIGHTS})`,
  'torch.ce.smooth.1': 'ce(labelSmoothing=0.1)',
  'torch.ce.smooth.1.ignore255': 'ce(labelSmoothing=0.1)',
  'torch.bce': 'bce(preset=torch)',
  'torch.bce.posw3': 'bce(positiveWeight=3)',
  'slb.GDice.bin': 'generalized-dice(preset=seglossbias)',
  'slb.GDice.ml': 'generalized-dice(preset=seglossbias)',
  'smp.Tversky.a.3.b.7': `tversky(${BATCH},alpha=0.3,beta=0.7)`,
  'smp.Focal.mc': 'focal(preset=smp)',
  'smp.Focal.mc.a.25': 'focal(activation=sigmoid,alpha=0.25)',
  'smp.Focal.mc.ignore255': SIGMOID_FOCAL,
  'smp.Focal.bin': 'focal',
  'smp.Focal.bin.a.25': 'focal(alpha=0.25)',
  'smp.Focal.bin.normalized': ['focal(normalized=true)', 1 / 12], // their mean divides once more
  'smp.Focal.bin.reduced.5': 'focal(reducedThreshold=0.5)',
  'smp.Focal.ml': 'focal',
  'smp.softmaxFocal': 'focal',
  'smp.Lovasz.mc': 'lovasz(preset=smp)',
  'smp.Lovasz.mc.perImage': 'lovasz',
  'smp.Lovasz.mc.ignore255': 'lovasz(aggregation=perBatch)',
  'smp.Lovasz.bin': 'lovasz(aggregation=perBatch)',
  'smp.Lovasz.bin.perImage': 'lovasz',
  'smp.Lovasz.ml': 'lovasz(aggregation=perBatch,joint=true)',
  'smp.SoftBCE.smooth.1': 'bce(labelSmoothing=0.2)', // theirs is twice as strong
  'smp.MCC(sigmoid)': 'mcc(preset=smp)',
  'monai.Dice': `dice(${MONAI})`,
  'monai.Dice.batch': `dice(${MONAI},aggregation=perBatch)`,
  'monai.Dice.nobg': `dice(${MONAI},includeBackground=false)`,
  'monai.Dice.squared': `dice(${MONAI},squared=true)`,
  'monai.Dice.jaccard': 'jaccard(preset=monai)',
  'monai.Dice.weight': [`dice(${MONAI},${WEIGHTS})`, 3.5 / 3], // Σ w ℓ / C
  'monai.Dice.bin': `dice(${MONAI})`,
  'monai.Dice.bin.batch': `dice(${MONAI},aggregation=perBatch)`,
  'monai.GDL': `generalized-dice(${MONAI_GDL})`,
  'monai.GDL.batch': `generalized-dice(${MONAI_GDL},aggregation=perBatch)`,
  'monai.GDL.simple': `generalized-dice(${MONAI_GDL},weighting=simple)`,
  'monai.GDL.uniform': `generalized-dice(${MONAI_GDL},weighting=uniform)`,
  'monai.GDL.nobg': `generalized-dice(${MONAI_GDL},includeBackground=false)`,
  'monai.GWDL': `wasserstein-dice(${FAR})`,
  'monai.GWDL.GDL': `wasserstein-dice(${FAR},weighting=gdl)`,
  'monai.Tversky.a.3.b.7': `tversky(${MONAI},alpha=0.3,beta=0.7)`,
  'monai.Tversky.a.3.b.7.batch': `tversky(${MONAI},alpha=0.3,beta=0.7,aggregation=perBatch)`,
  'monai.Focal.sigmoid': SIGMOID_FOCAL,
  'monai.Focal.sigmoid.a.25': 'focal(activation=sigmoid,alpha=0.25)',
  'monai.Focal.softmax': ['focal', 1 / 3], // a mean over classes too
  'monai.Focal.softmax.a.25': ['focal(alpha=[0.75,0.25,0.25])', 1 / 3],
  'monai.Focal.sigmoid.weight': 'focal(activation=sigmoid,alpha=[0.5,1,2])',
  'monai.Focal.sigmoid.sum': [SIGMOID_FOCAL, 6],
  'monai.DiceCE': `dice(${MONAI}) + ce`,
  'monai.DiceCE.bin': `dice(${MONAI}) + ce`,
  'monai.DiceFocal': `dice(${MONAI}) + ${SIGMOID_FOCAL}`,
  'monai.GDiceFocal': `generalized-dice(${MONAI_GDL}) + ${SIGMOID_FOCAL}`,
  'monai.SoftclDice(softmax)': CL_DICE,
  'monai.SoftDiceclDice(softmax)': `0.5*dice(aggregation=micro,includeBackground=false) + 0.5*${CL_DICE}`,
  'monai.NACL': 'nacl',
  'monai.HausdorffDT': 'hausdorff-dt',
  'monai.LogHausdorffDT': 'hausdorff-dt(log=true)',
  'monai.HausdorffDT.bin': 'hausdorff-dt',
  'monai.AsymUnifiedFocal(P2)':
    '0.5*asymmetric-focal(gamma=0.5) + 0.5*asymmetric-focal-tversky(gamma=0.5,smooth=1e-7)',
  'monai.AsymFocal(P2)': 'asymmetric-focal',
  'monai.AsymFocalTversky(P2)': 'asymmetric-focal-tversky(preset=monai)',
  'ody.SoftDice': ['dice', 1, -1],
  'ody.SoftDice.batch.s1e-5': ['dice(aggregation=perBatch,smooth=0.00001)', 1, -1],
  'ody.SoftDice.square': ['dice(squared=products)', 1, -1],
  'ody.IoU': ['jaccard', 1, -1],
  'ody.Tversky': ['tversky(alpha=0.3,beta=0.7)', 1, -1],
  'ody.FocalTversky': 'focal-tversky(powerOf=mean)',
  'ody.Asym': ['f-beta', 1, -1],
  'ody.SS': 'sensitivity-specificity',
  'ody.GDice': ['generalized-dice(emptyWeight=1e-20,smooth=0.00002,smoothDenominator=0.00001)', 1, -1],
  'ody.GDiceV2': ['generalized-dice(emptyWeight=0.00001,floor=0.00001,aggregation=perBatch)', 1, -1],
  'ody.ExpLog': 'exp-log(raiseCrossEntropy=false,powerOf=mean,labelWeights=[0.5,1,2])',
  'ody.TopK10': 'topk(k=5)', // one of twelve: theirs rounds down
  'ody.TopK50': 'topk(k=50)',
  'ody.DC_CE': ['dice + ce', 1, -1],
  'ody.Focal': 'focal(labelClip=0.00001)',
  'ody.Focal.a.5': ['focal(labelClip=0.00001)', 0.5],
  'ody.Lovasz': 'lovasz(aggregation=perBatch,absentClass=smooth)',
  'ody.pGDice':
    'penalty-generalized-dice(emptyWeight=1e-20,smooth=0.00002,smoothDenominator=0.00001,applied=negativeScore,appliedTo=mean)',
  'keras.GCE.q.7': 'gce(preset=keras)',
  'keras.Dice.axisNone': 'dice(preset=keras)',
  'keras.CFCE.a.25': ['focal', 0.25],
  'ref.FocalTversky.perClass.perBatch.a.3.b.7.g.75': `focal-tversky(${BATCH})`,
  'ref.regionL1.sumClasses.meanBatch': 'l1(classReduction=sum)',
  'ref.regionL2sq.sumClasses.meanBatch': 'l2(classReduction=sum)',
  'ref.regionKL.noEps': 'kl',
  'ref.regionKL.bernoulli.bin': 'kl',
  'ref.regionKL.bernoulli.ml.sumC.meanN': 'kl',
  'ref.regionKL.bernoulli.ml.meanNC': ['kl', 0.5],
  'ref.polyCE1.eps1': 'poly',
  'ref.logCoshDice(smpDice)': `log-cosh-dice(appliedTo=mean,${BATCH})`,
};

/** Answers the names that are systematic: the compounds of SegLossBias and the overlap losses of SMP. */
function systematic(name: string): Answer | undefined {
  const marginal = /^slb\.(bin\.|ml\.)?(CE|Focal)\+(L1|KL|DB)(?:\.Yi?)?(?:\.T(\d+))?$/.exec(name);
  if (marginal) {
    const [, input, base, extra, temperature = '1'] = marginal as unknown as string[];
    const kind = { L1: 'l1', KL: 'kl', DB: 'dice-bias' }[extra as 'L1' | 'KL' | 'DB'];
    const oneSided = kind === 'kl' && input === 'ml.' ? ',oneSided=true' : '';
    return `${base === 'CE' ? 'ce' : SIGMOID_FOCAL} + ${kind}(temperature=${temperature}${oneSided})`;
  }
  const dice = /^slb\.(?:bin\.)?(CE|Focal)\+(Log)?Dice/.exec(name);
  if (dice) return `${dice[1] === 'CE' ? 'ce' : SIGMOID_FOCAL} + ${dice[2] ? 'log-dice' : 'dice'}(${BATCH})`;
  const overlap =
    /^smp\.(Dice|Jaccard|Tversky|FocalTversky)(?:\.(bin|ml))?(\.ignore255|\.log|\.smooth1|\.cw)?$/.exec(name);
  if (overlap) {
    const [, loss, , change] = overlap;
    const smooth = change === '.smooth1' ? (loss === 'Dice' ? 2 : 1) : 0; // SMP-13
    const options = `preset=smp,smooth=${smooth}${change === '.cw' ? `,${WEIGHTS}` : ''}`;
    if (loss === 'Dice') return `${change === '.log' ? 'log-dice' : 'dice'}(${options})`;
    return `${loss!.toLowerCase()}(${options}${change === '.log' ? ',log=true' : ''})`;
  }
  if (name.startsWith('smp.FocalTversky')) return `focal-tversky(${BATCH},powerOf=mean)`;
  return undefined;
}

/** The cases of the fixture, by name. */
export const planFixture: Adapter = ({ id }): Plan => {
  const name = id.replace(/ .*$/, '').replace(/\(meanThenPow\)$/, '');
  const answer = ANSWERS[name] ?? systematic(name);
  if (answer === undefined) return skip('missing', `no answer to ${id}`);
  const [spec, scale = 1, offset] = typeof answer === 'string' ? [answer] : answer;
  const terms = spec.split(' + ').map((term) => {
    const [, weight, rest] = /^(?:([\d.]+)\*)?(.*)$/.exec(term)!;
    return { spec: rest!, scale, ...(weight && { weight: Number(weight) }) };
  });
  return { terms, ignoreIndex: 255, ...(offset !== undefined && { offset }) };
};

/** The names of the losses that answer a case of the fixture. */
export function answeredLosses(): string[] {
  const specs = Object.values(ANSWERS).map((answer) => (typeof answer === 'string' ? answer : answer[0]));
  const bySystem = ['slb.CE+L1', 'slb.CE+DB', 'smp.Dice.log', 'smp.Jaccard'].map(
    (name) => systematic(name) as string,
  );
  const terms = [...specs, ...bySystem].flatMap((spec) => spec.split(' + '));
  return [...new Set(terms.map((term) => term.replace(/^[\d.]+\*/, '').split('(')[0]!))];
}
