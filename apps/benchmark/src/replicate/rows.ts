import { gunzipSync, gzipSync } from 'node:zlib';

import type { CaseScore } from '@segloss/metrics';

/** What all trainings of one data set share. */
export interface SetFacts {
  readonly classes: readonly string[];
  /** Index of the background class; null where every class counts. */
  readonly background: number | null;
  /** The validation images: pixels that count, and true pixels of each class. */
  readonly cases: readonly {
    readonly id: string;
    readonly pixels: number;
    readonly target: readonly number[];
  }[];
}

/** Predicted pixels, pixels both true and predicted, and summed probabilities: of each class. */
export interface CasePrediction {
  readonly predicted: readonly number[];
  readonly overlap: readonly number[];
  /** Absent where only labels were decoded. */
  readonly soft?: readonly number[];
}

/** Ways to make labels of the probabilities, other than the most probable class. */
export const DECODERS = ['volume', 'dice'] as const;
export type Decoder = (typeof DECODERS)[number];

/** What is measured with the network of a finished training, after it. */
export interface Remeasured {
  /** Of each class, over all training images without augmentation: true pixels, and summed probabilities. */
  readonly train: { readonly target: readonly number[]; readonly soft: readonly number[] };
  /** Labels decoded from the same probabilities. */
  readonly decoded: Readonly<Record<Decoder, readonly CasePrediction[]>>;
}

/** One training: its last weights on the validation images. */
export interface PaperRow {
  /** `data`, `loss`, `seed`, ... */
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'finished' | 'diverged';
  /** In the order of the set's cases; none of a training that diverged. */
  readonly cases: readonly CasePrediction[];
  /** By epoch: mean training loss, and Dice of the foreground on the validation images (null where undefined). */
  readonly curve: { readonly loss: readonly number[]; readonly dice: readonly (number | null)[] };
  readonly remeasured?: Remeasured;
}

/** All trainings of one plan: `experiments/paper/results/NAME.json.gz`. */
export interface PaperRows {
  readonly name: string;
  /** Losses in the order of the plan. */
  readonly losses: readonly string[];
  readonly sets: Readonly<Record<string, SetFacts>>;
  readonly rows: readonly PaperRow[];
  /** Seconds of computing time of all trainings, where they were measured. */
  readonly cpuSeconds?: number;
}

/** Returns what the cases of a data set share, from the scores of any training of it. */
export function factsOf(
  classes: readonly string[],
  background: number | null,
  cases: readonly CaseScore[],
): SetFacts {
  return {
    classes,
    background,
    cases: cases.map((one) => ({
      id: one.id,
      pixels: one.classes[0]!.pixels,
      target: one.classes.map(({ target }) => target),
    })),
  };
}

/** Returns the predictions of scored cases; summed probabilities are rounded to a thousandth of a pixel. */
export function predictionsOf(cases: readonly CaseScore[]): CasePrediction[] {
  return cases.map(({ classes }) => ({
    predicted: classes.map(({ predicted }) => predicted),
    overlap: classes.map(({ overlap }) => overlap),
    ...(classes.every(({ softPredicted }) => softPredicted !== null) && {
      soft: classes.map(({ softPredicted }) => thousandths(softPredicted!)),
    }),
  }));
}

export const thousandths = (value: number): number => Math.round(value * 1000) / 1000;

/** Returns the bytes of a results file, the same for the same rows. */
export function packRows(rows: PaperRows): Uint8Array {
  return gzipSync(JSON.stringify(rows), { level: 9 });
}

/** Returns the rows of a results file. */
export function unpackRows(bytes: Uint8Array): PaperRows {
  return JSON.parse(gunzipSync(bytes).toString('utf8')) as PaperRows;
}
