import { caseOf, type SampleSource } from '@segloss/data';
import { joinCases, summarizeCases, type CaseScore, type CasesSummary } from '@segloss/metrics';

/** Scores of the volumes whose slices were scored; distances between surfaces are those of slices only, and null here. */
export interface VolumeScores {
  readonly cases: readonly CaseScore[];
  readonly summary: CasesSummary;
}

/**
 * Joins the scores of slices to those of their volumes.
 *
 * @param sources What was scored. @returns Undefined where no source is a slice.
 */
export function volumeScores(
  cases: readonly CaseScore[],
  sources: readonly SampleSource[],
  options: { readonly classes: readonly string[]; readonly background: number | null },
): VolumeScores | undefined {
  const volumes = new Map(sources.map((source) => [source.id, caseOf(source)]));
  if ([...volumes].every(([id, volume]) => id === volume)) return undefined;
  const joined = joinCases(cases, (id) => volumes.get(id) ?? id);
  return { cases: joined, summary: summarizeCases(joined, options) };
}
