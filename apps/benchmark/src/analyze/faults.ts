import { printable } from '@segloss/common';

/** What can be wrong with the file of a case. */
export type FaultKind =
  'missing' | 'extra' | 'unreadable' | 'size-mismatch' | 'bad-label' | 'ambiguous' | 'link';

/** A case that is left out of a run, and why. */
export interface Fault {
  readonly kind: FaultKind;
  /** The run whose prediction it is; none where the truth is at fault, which no run can use then. */
  readonly run?: string;
  readonly id: string;
  /** One sentence with the file, what was wanted and what came. */
  readonly message: string;
}

/** Thrown where a file is read; becomes the fault of its case. */
export class CaseError extends Error {
  constructor(
    readonly kind: FaultKind,
    message: string,
  ) {
    super(printable(message));
  }
}
