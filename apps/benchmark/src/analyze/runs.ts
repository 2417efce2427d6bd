import type { LesionCase, LesionOptions, ProportionCase } from '@segloss/metrics';

import type { Fault } from './faults.js';

/** A set of predictions, as proportions. */
export interface AnalyzedRun {
  readonly name: string;
  /** Folder or file it was read from. */
  readonly source: string;
  readonly cases: readonly ProportionCase[];
  /** Dice of each class in each case, in the order of `cases`; null where neither mask has the class. Absent where no masks were read. */
  readonly dice?: readonly (readonly (number | null)[])[];
  /** Lesions of each class in each case, in the order of `cases`; null for label 0. Absent unless requested. */
  readonly lesions?: readonly (readonly (LesionCase | null)[])[];
}

/** What was read, whatever from. */
export interface ReadRuns {
  readonly classes: readonly string[];
  /** Whether every pixel has exactly one class. */
  readonly exclusive: boolean;
  /** Classes that are background, which tables of two classes leave out. */
  readonly background: number | undefined;
  /** How lesions were scored; absent where they were not. */
  readonly lesions?: LesionOptions;
  readonly runs: readonly AnalyzedRun[];
  readonly faults: readonly Fault[];
  /** How files were understood, one sentence each. */
  readonly notes: readonly string[];
}
