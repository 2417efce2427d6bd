import {
  add,
  keep,
  mul,
  scalar,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { readInputs } from './inputs/read.js';
import { checkChoice, checkInputOptions } from './options/checks.js';
import { sumsOf } from './statistics/region.js';
import {
  type Activation,
  type InputOptions,
  type Loss,
  type LossCall,
  type LossContext,
  type PixelInputs,
  type RegionLossDefinition,
  type RegionStatistics,
  type StatisticName,
  type Term,
  type Weight,
} from './types.js';

/** A loss of the given terms. */
export function makeLoss(terms: readonly Term[]): Loss {
  const spec = terms.map((term) => weightText(term.weight) + term.spec).join(' + ');
  let needsEpoch = isScheduled(terms);
  const evaluate: Loss['evaluate'] = (labels, logits, call) => {
    if (needsEpoch && call?.epoch === undefined) {
      needsEpoch = false; // said once
      warnOfEpoch(spec);
    }
    return tidy(() => evaluateTerms(terms, spec, labels, logits, call));
  };
  const loss = (labels: Tensor, logits: Tensor, call?: LossCall): Scalar =>
    tidy(() => evaluate(labels, logits, call).total);
  return Object.assign(loss, { spec, terms, evaluate });
}

/** Whether a weight changes with the epoch, also within a wrapped loss. */
export const isScheduled = (terms: readonly Term[]): boolean =>
  terms.some(({ weight, definition }) => typeof weight === 'function' || definition.scheduled === true);

/** Without an epoch, a schedule stays where it starts: the training would be another one than its spec says. */
function warnOfEpoch(spec: string): void {
  console.warn(
    `${spec}: a weight is scheduled, and the call names no epoch, so the weight stays at that of epoch 0. Pass { epoch } in each call. ` +
      `In a LayersModel, compile forLayers(loss) and pass its callbacks to fit. This warning appears once.`,
  );
}

/**
 * The weight of a term at an epoch.
 *
 * @throws {RangeError} If the schedule gives no finite number.
 *
 * @example
 * ```ts
 * weightAt((epoch) => 0.5 + epoch, 2); // → 2.5
 * ```
 */
export function weightAt(weight: Weight, epoch: number): number {
  const value = typeof weight === 'function' ? weight(epoch) : weight;
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new RangeError(
      `compound: wanted a finite weight at epoch ${epoch}, got ${value}; check the schedule`,
    );
  }
  return value;
}

function weightText(weight: Weight): string {
  if (typeof weight === 'number') return weight === 1 ? '' : `${weight}*`;
  return `${(weight as { spec?: string }).spec ?? 'schedule'}*`;
}

type Call = LossCall | undefined;

function evaluateTerms(terms: readonly Term[], spec: string, labels: Tensor, logits: Tensor, call: Call) {
  const { mask, epoch = 0, ...override } = call ?? {};
  checkInputOptions(spec, override);
  const readings = new Map<string, Reading>();
  const planned = terms.map((term) => {
    const options: InputOptions = { ...term.input, ...override };
    const key = `${options.mode ?? ''}/${options.ignoreIndex ?? ''}`;
    let reading = readings.get(key);
    if (reading === undefined) {
      reading = new Reading(readInputs(spec, labels, logits, { ...options, ...(mask && { mask }) }), epoch);
      readings.set(key, reading);
    }
    return reading.plan(term);
  });

  try {
    return addTerms(terms, planned, epoch);
  } finally {
    for (const reading of readings.values()) reading.dispose();
  }
}

/**
 * The weighted sum of terms on inputs that are read already, such as a part of an image; for losses that wrap others. `target` and
 * `valid` belong to the caller.
 */
export function valueOn(terms: readonly Term[], inputs: PixelInputs, epoch: number): Scalar {
  const reading = new Reading(inputs, epoch, false);
  const planned = terms.map((term) => reading.plan(term));
  return addTerms(terms, planned, epoch).total;
}

function addTerms(terms: readonly Term[], planned: readonly (() => Scalar)[], epoch: number) {
  const values: Record<string, Scalar> = {};
  let total: Scalar = scalar(0);
  terms.forEach((term, i) => {
    const value = planned[i]!();
    values[term.name] = value;
    total = (
      i === 0
        ? mul(value, weightAt(term.weight, epoch))
        : add(total, mul(value, weightAt(term.weight, epoch)))
    ) as Scalar;
  });
  return { total, terms: values };
}

const TEMPERED: Partial<Record<StatisticName, StatisticName>> = {
  tempered: 'predicted',
  temperedComplement: 'predictedComplement',
};

/** One reading of the inputs, and all the sums over it that the terms ask for: computed once, at the first use. */
class Reading {
  private readonly wanted = new Map<string, Set<StatisticName>>();
  private readonly computed = new Map<string, Record<string, Tensor2D>>();

  private readonly inputs: PixelInputs;
  private readonly kept: Partial<Record<'target' | 'valid', Tensor3D>> = {};

  constructor(
    inputs: PixelInputs,
    private readonly epoch: number,
    ownsLabels = true,
  ) {
    // Made when a term first asks, which may be within an operation that clears what it made.
    const made = (name: 'target' | 'valid') => ({
      get: () => (this.kept[name] ??= keep(inputs[name])),
      enumerable: true,
    });
    const lazy = inputs.indices && ownsLabels ? { target: made('target'), valid: made('valid') } : {};
    this.inputs = Object.defineProperties(
      {},
      { ...Object.getOwnPropertyDescriptors(inputs), ...lazy },
    ) as PixelInputs;
  }

  /** Gives up what is kept; the gradients have what they need. */
  dispose(): void {
    for (const tensor of Object.values(this.kept)) tensor.dispose();
  }

  /** Notes what the term needs; the returned function computes it, after all terms are planned. */
  plan({ definition, options }: Term): () => Scalar {
    const { mode, classes, batch, pixels } = this.inputs;
    if (definition.modes) checkChoice(definition.name, 'mode', mode, definition.modes);
    const activation =
      definition.activation?.(options, mode) ?? (mode === 'multiclass' ? 'softmax' : 'sigmoid');
    if (activation === 'softmax' && classes === 1) {
      throw new RangeError(
        `${definition.name}: wanted activation 'sigmoid' for one channel, got 'softmax'; a softmax of one is always 1`,
      );
    }
    const context: LossContext = {
      mode,
      activation,
      classes,
      name: definition.name,
      batch,
      pixels,
      epoch: this.epoch,
    };
    if ('pixels' in definition) {
      return () => definition.pixels(this.inputs, options, context);
    }

    const region = definition as RegionLossDefinition<object>;
    const temperature = region.temperature?.(options) ?? 1;
    const asked = region.statistics(options, context).map((name) => {
      const plain = temperature === 1 ? (TEMPERED[name] ?? name) : name;
      const at = plain in TEMPERED ? temperature : 1;
      const key = `${activation}@${at}`;
      if (!this.wanted.has(key)) this.wanted.set(key, new Set());
      this.wanted.get(key)!.add(plain);
      return { name, plain, key };
    });
    return () => {
      const sums = asked.map(({ name, plain, key }) => [name, this.sums(key)[plain]!] as const);
      return region.compute(Object.fromEntries(sums) as RegionStatistics, options, context);
    };
  }

  private sums(key: string): Record<string, Tensor2D> {
    if (!this.computed.has(key)) this.computeAll(key.split('@')[0] as Activation);
    return this.computed.get(key)!;
  }

  /** One pass over the pixels gives the plain sums and those at one temperature; each further temperature is one more. */
  private computeAll(activation: Activation): void {
    const plainKey = `${activation}@1`;
    const plain = [...(this.wanted.get(plainKey) ?? [])];
    const tempered = [...this.wanted.keys()].filter(
      (key) => key.startsWith(`${activation}@`) && key !== plainKey,
    );
    const [first = plainKey, ...others] = tempered;
    const names = first === plainKey ? plain : [...plain, ...this.wanted.get(first)!];
    const sums = sumsOf(this.inputs, names, activation, Number(first.split('@')[1]), true);
    this.computed.set(plainKey, sums).set(first, sums);
    for (const key of others) {
      const more = sumsOf(
        this.inputs,
        [...this.wanted.get(key)!],
        activation,
        Number(key.split('@')[1]),
        true,
      );
      this.computed.set(key, more);
    }
  }
}
