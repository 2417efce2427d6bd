import { type Scalar, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

import { type Activation, type StatisticName } from './statistics/contract.js';

/** Any tensor of labels, logits or a mask. */
export type TensorLike = Tensor;

/**
 * How the channels of the logits are read: `binary` (K = 1, sigmoid), `multiclass` (K ≥ 2, softmax) or
 * `multilabel` (a sigmoid for each channel).
 */
export type Mode = 'binary' | 'multiclass' | 'multilabel';

export { type Activation, type StatisticName };

/** Epoch (0-based) to number. */
export type Schedule = (epoch: number) => number;

/** The weight of a term: a number, or a schedule over epochs. */
export type Weight = number | Schedule;

/** Libraries whose numbers a loss can give; see the option `preset`. */
export type Library = 'seglossbias' | 'smp' | 'monai' | 'nnunet' | 'keras' | 'torch';

/** Option of every loss that another library has too. */
export interface PresetOption {
  /** Starts from the options under which the loss gives the number of that library; other options go on top. */
  preset?: Library;
}

/** Options that every loss understands. */
export interface InputOptions {
  /** How the channels are read. Default: `binary` when K = 1, otherwise `multiclass`. */
  mode?: Mode;
  /** Label value of pixels to ignore; negative labels are always ignored. Default 255. */
  ignoreIndex?: number;
}

/** What a call adds to the options of a loss; it wins over them, in every term. */
export interface LossCall extends InputOptions {
  /** Nonzero where a pixel counts: `[B, ...spatial]`, `[B, ...spatial, 1]`, or the logits' shape in multilabel mode. */
  mask?: Tensor;
  /** Epoch (0-based) at which schedules are read. Default 0. */
  epoch?: number;
}

/** Sums over the valid pixels, `[B, K]` each. */
export type RegionStatistics = Record<StatisticName, Tensor2D>;

/** Labels and logits after checks, with all spatial axes joined into one axis of N pixels. */
export interface PixelInputs {
  /** Name of the caller, for messages. */
  readonly caller: string;
  readonly mode: Mode;
  readonly batch: number;
  readonly pixels: number;
  /** Sizes of the spatial axes; their product is `pixels`. */
  readonly space: readonly number[];
  readonly classes: number;
  /** Logits `[B, N, K]`, float32. */
  readonly logits: Tensor3D;
  /** Class probabilities `[B, N, K]`, float32; 0 at ignored pixels. */
  readonly target: Tensor3D;
  /** 1 at valid pixels, 0 at ignored ones: `[B, N, 1]`, or `[B, N, K]` in multilabel mode. float32. */
  readonly valid: Tensor3D;
  /** The labels as class indices `[B, N]` (int32), where they came so: fused kernels read these. */
  readonly indices?: Tensor2D;
}

/** What a formula knows beside its sums and its options. */
export interface LossContext {
  readonly mode: Mode;
  readonly activation: Activation;
  readonly classes: number;
  /** Name of the loss, for messages. */
  readonly name: string;
  /** Images of the batch, and pixels of an image, ignored ones too. */
  readonly batch: number;
  readonly pixels: number;
  /** Epoch (0-based) of the call. */
  readonly epoch: number;
}

/** Part of a loss: one definition with its options, weight and name. */
export interface Term {
  /** Name in logs, unique within a loss. */
  readonly name: string;
  readonly weight: Weight;
  /** The term as a loss of its own, without the weight. */
  readonly spec: string;
  readonly definition: AnyLossDefinition;
  readonly options: Readonly<Record<string, unknown>>;
  readonly input: Readonly<InputOptions>;
}

/** A loss with its options fixed: call it, or ask for its terms. */
export interface Loss {
  /** Differentiable value: labels first, as in `tf.losses` and `LayersModel.compile`. */
  (labels: Tensor, logits: Tensor, call?: LossCall): Scalar;
  /** The loss as text; {@link parseLoss} reads it back. */
  readonly spec: string;
  readonly terms: readonly Term[];
  /** Weighted total and the unweighted value of every term, from one pass over the pixels. */
  evaluate(labels: Tensor, logits: Tensor, call?: LossCall): { total: Scalar; terms: Record<string, Scalar> };
}

interface DefinitionBase<O extends object, N extends string> {
  /** Name in specs, lower case with dashes. */
  readonly name: N;
  /** The exported name in dashes, where `name` abbreviates it: `cross-entropy` of `ce`. Specs may use it too. */
  readonly fullName?: string;
  /** Further names that specs may use, such as those of other libraries. */
  readonly aliases?: readonly string[];
  /** One line for tables and help. */
  readonly summary: string;
  /** Author, venue, section. */
  readonly source?: string;
  /** Every option with its default. */
  readonly defaults: O;
  /** Options under which the loss gives the number of another library. */
  presets?: Partial<Record<Library, Partial<O>>>;
  /** Whether the value depends on where pixels lie (boundaries, neighbors). Default false. */
  readonly spatial?: boolean;
  /** Whether the value depends on the epoch, as that of a wrapped compound with a scheduled weight. Default false. */
  readonly scheduled?: boolean;
  /** Whether some class is special, so that renaming classes may change the value. Default false. */
  readonly classesDiffer?: boolean;
  /** The modes that the loss is defined in. Default: all. */
  readonly modes?: readonly Mode[];
  /** `region-size`: compares region sizes only, to be added to a loss that matches pixels. */
  readonly role?: 'region-size';
  /** How the contract checks the gradient of a loss with kinks. */
  readonly gradientCheck?: GradientCheck;
  /** Throws a RangeError for a value out of range; called once, when options are fixed. */
  check?(options: Readonly<O>, name: string): void;
  /** Which activation the loss reads; default: softmax for multiclass, sigmoid otherwise. */
  activation?(options: Readonly<O>, mode: Mode): Activation;
}

/** How a gradient is compared with finite differences. */
export interface GradientCheck {
  /** Logits are `random`, or wrong `everywhere` for losses of thick errors. Default random. */
  readonly errors?: 'random' | 'everywhere';
  /** Largest error of a directional derivative, relative to the length of the gradient. Default 0.02. */
  readonly tolerance?: number;
  /** Whether the value jumps in places, as where a pixel changes its bin: then one of four examples has to agree. Default false. */
  readonly jumps?: boolean;
}

/** A loss that is a function of region statistics. */
export interface RegionLossDefinition<O extends object, N extends string = string> extends DefinitionBase<
  O,
  N
> {
  /** The sums that the formula reads. */
  statistics(options: Readonly<O>, context: LossContext): readonly StatisticName[];
  /** The factor on the logits in `tempered`; default 1. */
  temperature?(options: Readonly<O>): number;
  /** The formula. */
  compute(statistics: RegionStatistics, options: Readonly<O>, context: LossContext): Scalar;
}

/** A loss that needs pixels and not only their sums. */
export interface PixelLossDefinition<O extends object, N extends string = string> extends DefinitionBase<
  O,
  N
> {
  /** The formula, on inputs of which ignored pixels carry `valid` = 0. */
  pixels(inputs: PixelInputs, options: Readonly<O>, context: LossContext): Scalar;
}

/** Either kind of definition. */
export type LossDefinition<O extends object, N extends string = string> =
  RegionLossDefinition<O, N> | PixelLossDefinition<O, N>;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the option type of a definition is erased in a list of many
export type AnyLossDefinition = LossDefinition<any>;

/** Fixes the options of a loss: `dice({ smooth: 0 })`. */
export interface LossFactory<O extends object = object, N extends string = string> {
  (options?: Partial<O> & InputOptions & PresetOption): Loss;
  readonly definition: LossDefinition<O, N>;
}

/** A loss that compares region sizes, to be added to one that matches pixels; see {@link withRegionSize}. */
export interface SizeRegularizer<O extends object = object, N extends string = string> extends LossFactory<
  O,
  N
> {
  readonly definition: LossDefinition<O, N> & { readonly role: 'region-size' };
}
