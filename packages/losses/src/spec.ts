import { compound, term, type WeightedLoss } from './compound.js';
import { unknownName } from '@segloss/common';
import { lossRegistry, namesOf, type LossName } from './registry.js';
import { schedules } from './schedules.js';
import { lossWrappers, type LossWrapper } from './wrappers/index.js';
import { type Library, type Loss, type LossFactory, type Weight } from './types.js';

const LONGEST_SHOWN = 200;

/** A loss spec that cannot be read: the spec, and the place (0-based) where reading stopped. */
export class LossSpecError extends Error {
  override readonly name = 'LossSpecError';

  /**
   * @example
   * ```ts
   * new LossSpecError('unknown loss "l3"', 'ce + l3', 5).message; // → "loss spec \"ce + l3\" at 5: unknown loss \"l3\""
   * ```
   */
  constructor(
    reason: string,
    readonly spec: string,
    readonly at: number,
  ) {
    const shown = spec.length > LONGEST_SHOWN ? `${spec.slice(0, LONGEST_SHOWN)}...` : spec;
    super(`loss spec ${JSON.stringify(shown)} at ${at}: ${reason}`);
  }
}

/** The registry of the paper's code, by its names (Focal+LogDice has the logarithm that it left out), and known compounds. */
const PRESETS = {
  'CE+L1': 'ce + l1(temperature=10)',
  'CE+KL': 'ce + kl(temperature=10)',
  'CE+DB': 'ce + dice-bias(temperature=10)',
  'CE+Dice': 'ce + dice(smooth=0,aggregation=perBatch,absentClass=zero)',
  'CE+LogDice': 'ce + log-dice(smooth=0,aggregation=perBatch,absentClass=zero)',
  'Focal+L1': 'focal(activation=sigmoid) + l1(temperature=10)',
  'Focal+KL': 'focal(activation=sigmoid) + kl(temperature=10)',
  'Focal+Dice': 'focal(activation=sigmoid) + dice(smooth=0,aggregation=perBatch,absentClass=zero)',
  'Focal+LogDice': 'focal(activation=sigmoid) + log-dice(smooth=0,aggregation=perBatch,absentClass=zero)',
  CE: 'ce',
  GDiceLoss: 'generalized-dice(aggregation=perBatch,emptyWeight=1e-7,activation=sigmoid)',
  DiceLoss: 'dice(smooth=0,aggregation=perBatch,absentClass=zero)',
  LogDiceLoss: 'log-dice(smooth=0,aggregation=perBatch,absentClass=zero)',
  FocalLoss: 'focal(activation=sigmoid)',
  // Compounds that papers name.
  'dice-ce': 'dice + ce',
  'dice-bce': 'dice + bce',
  'dice-focal': 'dice + focal',
  'gdice-ce': 'generalized-dice + ce',
  'gdice-focal': 'generalized-dice + focal',
  'dice-topk': 'dice + topk',
  'dice-topk-ce': 'dice + topk + ce',
  'dice-topk-focal': 'dice + topk + focal',
  'jaccard-ce': 'jaccard + ce',
  'jaccard-topk': 'jaccard + topk',
  combo: '0.5*dice + 0.5*bce',
  'unified-focal': '0.5*asymmetric-focal(gamma=0.5) + 0.5*asymmetric-focal-tversky(gamma=0.5)',
  'dice-cldice': '0.5*dice + 0.5*cldice',
  'dice-boundary': 'dice + linear(from=0.01,to=1,epochs=99)*boundary',
  'dice-hausdorff': 'dice + hausdorff-dt',
  // Forms of one loss that have names of their own.
  'batch-dice': 'dice(aggregation=perBatch)',
  dml: 'dice(softLabels=semimetric)',
  jml: 'jaccard(softLabels=semimetric)',
  jdt: 'tversky(alpha=1,beta=1,softLabels=semimetric)',
  'fine-grained-miou': 'jaccard(softLabels=semimetric,smooth=0,absentClass=skip)',
  'focal-tversky-plus-plus': 'dice-plus-plus(alpha=0.3,beta=0.7,power=0.75)',
  'log-barrier': 'size-bounds(penalty=log-barrier)',
  'clm-dice': 'cbdice(weights=uniform)',
  'cc-dice-ce': 'dice + ce + per-component(dice(smooth=0) + ce)',
  'blob-dice-ce': '2*dice + 2*ce + per-component(dice + ce,region=blob,absentClass=skip)',
  'dice-ce-skeleton-recall': 'dice + ce + skeleton-recall',
  'dice-ce-ace': 'dice + ce + l1-ace',
} as const satisfies Readonly<Record<string, string>>;

/** The names of compounds that {@link parseLoss} knows; see {@link lossPresets}. */
export type LossPresetName = keyof typeof PRESETS;

/** A spec of a loss: known names complete in an editor, and any other text is accepted by the compiler. */
export type LossSpec = LossName | LossPresetName | (string & {});

/** Options of {@link parseLoss}. */
export interface ParseLossOptions {
  /** Losses beside the built-in ones, by the name that the spec uses. */
  losses?: Readonly<Record<string, LossFactory | Loss>>;
  /** Weights that the spec names, e.g. `{ alpha: geometric({ ... }) }` for `'ce + alpha*l1'`. */
  weights?: Readonly<Record<string, Weight>>;
  /** A library whose numbers every loss of the spec should give; options in the spec go on top. */
  preset?: Library;
}

/**
 * Reads a loss from text.
 *
 *     spec   := part ("+" part)*
 *     part   := [weight "*"] (loss | wrapped)
 *     weight := number | name | schedule "(" options ")"
 *     loss   := name ["(" options ")"]           options := key "=" value ("," key "=" value)*
 *     wrapped := wrapper "(" spec ["," options] ")"
 *
 * Wrappers make another loss of a loss: `per-component` ({@link perComponent}) and `gradient-surgery` ({@link gradientSurgery}).
 * Values are numbers, `true`, `false`, words, or lists `[1,2,3]`. The names of the paper's code (`CE+L1`, `Focal+KL`,
 * ...) are presets, and so are known compounds, which may be parts of a spec: `ce + batch-dice`.
 *
 * @throws {LossSpecError} If the text is not a spec; it names the place and the known names.
 *
 * @example
 * ```ts
 * parseLoss('ce + 0.5*l1(temperature=10)').spec; // → "ce + 0.5*l1(temperature=10)"
 * parseLoss('ce + geometric(start=0.1,factor=2,every=5)*kl').terms.map((t) => t.name); // → ["ce", "kl"]
 * parseLoss('dice + ce', { preset: 'monai' }).spec; // → "dice(smooth=0.00001) + ce"
 * parseLoss('dice + ce + per-component(dice + ce,region=blob)').terms.map((t) => t.name); // → ["dice", "ce", "per-component"]
 * parseLoss('CE+L1').spec; // → "ce + l1(temperature=10)"
 * ```
 */
export function parseLoss(spec: LossSpec, options: ParseLossOptions = {}): Loss {
  if (spec.length > LONGEST) {
    const start = `${spec.slice(0, 40)}…`;
    throw new LossSpecError(`wanted at most ${LONGEST} characters, got ${spec.length}`, start, LONGEST);
  }
  const preset = own(PRESETS, spec.trim());
  return new SpecReader(preset ?? spec, options).read();
}

/**
 * The names of the paper's code and of known compounds that {@link parseLoss} accepts, each with its spec.
 *
 * @example
 * ```ts
 * lossPresets()['CE+KL']; // → "ce + kl(temperature=10)"
 * ```
 */
export function lossPresets(): Readonly<Record<string, string>> {
  return PRESETS;
}

type OptionValue = number | boolean | string | OptionValue[];

/** Characters of a spec and levels of a list in it: more is no loss that a person wrote. */
const LONGEST = 10_000;
const DEEPEST = 4;

const NUMBER = /[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/iy;
const NAME = /[^\s+*()=,[\]]+/y;

/** Returns what stands under a name, and nothing that all objects have. */
const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

class SpecReader {
  private at = 0;
  private readonly losses: Map<string, LossFactory | Loss>;

  constructor(
    private readonly spec: string,
    private readonly options: ParseLossOptions,
  ) {
    this.losses = new Map<string, LossFactory | Loss>();
    for (const factory of lossRegistry().values()) {
      for (const name of namesOf(factory.definition)) this.losses.set(name, factory);
    }
    for (const [name, loss] of Object.entries(options.losses ?? {})) this.losses.set(name, loss);
  }

  read(): Loss {
    const loss = this.sum();
    if (this.at < this.spec.length) this.fail(`wanted "+" or the end, got ${this.rest()}`);
    return loss;
  }

  private sum(): Loss {
    const parts = [this.part()];
    while (this.take('+')) parts.push(this.part());
    return compound(...parts);
  }

  private part(): WeightedLoss {
    const number = this.match(NUMBER);
    if (number !== undefined) {
      if (!this.take('*')) this.fail(`wanted "*" and a loss after the weight ${number}`);
      return term(this.loss(), { weight: Number(number) });
    }
    const start = this.at;
    const name = this.name('a loss');
    if (this.losses.has(name) || own(lossWrappers(), name) || own(PRESETS, name)) {
      this.at = start;
      return term(this.loss());
    }
    const weight = own(this.options.weights ?? {}, name);
    if (weight !== undefined && this.take('*')) return term(this.loss(), { weight });
    const schedule = own(schedules(), name);
    if (schedule !== undefined) {
      const given = this.optionList() as Record<string, number>;
      const value = this.guard(start, () => schedule(given));
      if (!this.take('*')) this.fail(`wanted "*" and a loss after the schedule ${name}`);
      return term(this.loss(), { weight: value });
    }
    this.unknownLoss(name, start);
  }

  private loss(): Loss {
    this.space();
    const start = this.at;
    const name = this.name('a loss');
    const found = this.losses.get(name);
    const wrapper = own(lossWrappers(), name);
    if (!found && wrapper) return this.wrapped(name, wrapper, start);
    const compoundSpec = found ? undefined : own(PRESETS, name);
    if (compoundSpec !== undefined) {
      if (this.take('(')) this.fail(`"${name}" has its options fixed already; leave out (...)`, start);
      return new SpecReader(compoundSpec, this.options).read();
    }
    if (!found) this.unknownLoss(name, start);
    const options = this.optionList();
    if ('terms' in found) {
      if (Object.keys(options).length > 0)
        this.fail(`"${name}" has its options fixed already; leave out (...)`, start);
      return found;
    }
    const { preset } = this.options;
    return this.guard(start, () => found({ ...(preset && { preset }), ...options }));
  }

  /** `per-component(dice + ce,region=blob)` */
  private wrapped(name: string, wrapper: LossWrapper, start: number): Loss {
    if (!this.take('(')) this.fail(`wanted "(" and a loss after ${name}, as in ${name}(dice + ce)`);
    const loss = this.sum();
    if (!this.take(',') && !this.take(')'))
      this.fail(`wanted "+", "," or ")" after the loss, got ${this.rest()}`);
    const options = this.spec[this.at - 1] === ',' ? this.readOptions() : {};
    return this.guard(start, () => wrapper(loss, options));
  }

  private unknownLoss(name: string, at: number): never {
    const known = [this.losses, lossWrappers(), PRESETS, schedules()].flatMap((names) =>
      names instanceof Map ? [...names.keys()] : Object.keys(names),
    );
    this.fail(unknownName('loss', name, known, '`segloss losses`, or lossNames() in code'), at);
  }

  private optionList(): Record<string, OptionValue> {
    return !this.take('(') || this.take(')') ? {} : this.readOptions();
  }

  /** The options after the opening parenthesis. */
  private readOptions(): Record<string, OptionValue> {
    const options = Object.create(null) as Record<string, OptionValue>; // `__proto__` is a key like others
    do {
      this.space();
      const start = this.at;
      const key = this.name('an option');
      if (Object.hasOwn(options, key)) this.fail(`option "${key}" stands twice`, start);
      if (!this.take('=')) this.fail(`wanted "=" after the option "${key}"`);
      options[key] = this.value();
    } while (this.take(','));
    if (!this.take(')')) this.fail('wanted "," or ")" after the option');
    return options;
  }

  private value(level = 0): OptionValue {
    if (this.take('[')) {
      if (level === DEEPEST) this.fail(`wanted at most ${DEEPEST} lists in each other`);
      const list: OptionValue[] = [];
      if (this.take(']')) return list;
      do list.push(this.value(level + 1));
      while (this.take(','));
      if (!this.take(']')) this.fail('wanted "," or "]" in the list');
      return list;
    }
    const number = this.match(NUMBER);
    if (number !== undefined) return Number(number);
    const word = this.name('a value');
    return word === 'true' ? true : word === 'false' ? false : word;
  }

  /** Runs a factory; what it says of its options becomes an error of the spec. */
  private guard<T>(at: number, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) this.fail(error.message, at);
      throw error;
    }
  }

  private name(what: string): string {
    return this.match(NAME) ?? this.fail(`wanted ${what}, got ${this.rest()}`);
  }

  private rest(): string {
    return this.at < this.spec.length ? JSON.stringify(this.spec.slice(this.at)) : 'nothing';
  }

  private match(pattern: RegExp): string | undefined {
    this.space();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.spec)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private take(text: string): boolean {
    this.space();
    if (!this.spec.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private space(): void {
    while (/\s/.test(this.spec[this.at] ?? '')) this.at++;
  }

  private fail(reason: string, at = this.at): never {
    throw new LossSpecError(reason, this.spec, at);
  }
}
