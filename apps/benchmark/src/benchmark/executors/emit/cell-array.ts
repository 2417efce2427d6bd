import type { PlannedCell } from '../../plan.js';

/** Some cells of a benchmark, as the file for a scheduler refers to them. */
export interface CellArray {
  readonly name: string;
  readonly folder: string;
  /** The absolute path of a plan with these cells alone. */
  readonly plan: string;
  readonly cells: readonly PlannedCell[];
  /** Differs where the cells do. */
  readonly hash: string;
}

/** What an emitter returns: a file, and the command that submits it. */
export interface Emitted {
  readonly text: string;
  readonly submit: (file: string) => string;
}
