import type { ExportNotes } from '@segloss/trainer';

/** Ids of the elements of the page that hold the model. */
export const ELEMENTS = { facts: 'facts', topology: 'topology', weights: 'weights' } as const;

/** What the page needs to know of a run. */
export interface PageFacts extends Pick<ExportNotes, 'classes' | 'background' | 'normalize'> {
  readonly inputShape: readonly [height: number, width: number, channels: number];
}
