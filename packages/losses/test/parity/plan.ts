import type { GoldenCase, GoldenInput } from '@segloss/testing';
import { type Mode } from '@segloss/losses';

/** One term of a plan: what segloss calls it, its weight in the total, and the factor from segloss's value to theirs. */
export interface PlannedTerm {
  readonly spec: string;
  readonly weight?: number;
  readonly scale?: number;
  /** Name of the extra array that this term takes for labels. */
  readonly labels?: string;
}

/** An extra array of a golden file. */
export interface ExtraArray {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** How one golden case is put to segloss, or why it is not. */
export type Plan =
  | {
      /** The terms, or those of each image alone, of which the mean is taken. */
      readonly terms:
        | readonly PlannedTerm[]
        | ((image: number, extra: (name: string) => ExtraArray) => readonly PlannedTerm[]);
      /** Added to the total: -1 where the reference returns the negative score. */
      readonly offset?: number;
      /** The reference's terms are not those of the plan: only the total is compared. */
      readonly onlyTotal?: boolean;
      /** The reference's gradient is one of several, as at a tie: it is not compared. */
      readonly onlyValue?: boolean;
      /** Another reading of the channels; multilabel turns class indices into channels. `terms`: each term says its own. */
      readonly mode?: Mode | 'terms';
      /** Label to ignore; none by default. `terms`: each term says its own. */
      readonly ignoreIndex?: number | 'terms';
      /** Name of the extra array that is the mask. */
      readonly mask?: string;
    }
  | { readonly skip: string; readonly reason: string };

/** Plans a case of one library. */
export type Adapter = (golden: GoldenCase, input: GoldenInput) => Plan;

/** A case that segloss does not answer. */
export const skip = (id: string, reason: string): Plan => ({ skip: id, reason });

/** `name(a=1,b=[2,3])`, without the options that are undefined. */
export function call(name: string, options: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return `${name}(${given.map(([key, value]) => `${key}=${text(value)}`).join(',')})`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The options of a case over the reference's defaults. */
export function optionsOf<T>(golden: GoldenCase, defaults: Partial<T>): T {
  return { ...defaults, ...golden.options } as T;
}

/** How many labels a case has, and how many of them are not the ignored one. */
export function labelCounts({ labels }: GoldenInput, ignored: number | undefined) {
  return { all: labels.length, valid: labels.filter((label) => label !== ignored).length };
}

/** Whether the label 255 stands in the input and the reference is not told to ignore it. */
export const takes255 = ({ labels }: GoldenInput, ignored: number | null | undefined): boolean =>
  ignored !== 255 && labels.includes(255);

/** Sum of numbers. */
export const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Share of the images that have valid pixels. */
export function seenShare({ labels, shapeLogits }: GoldenInput): number {
  const images = shapeLogits[0]!;
  const length = labels.length / images;
  const seen = Array.from({ length: images }, (_, n) => labels.slice(n * length, (n + 1) * length)).filter(
    (image) => image.some((label) => label !== 255),
  );
  return seen.length === 0 ? 1 : seen.length / images;
}
