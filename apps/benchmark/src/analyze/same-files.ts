/** A folder of masks under the name that the report gives it, with its files by case. */
export interface NamedFiles {
  readonly name: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Whether two files have the same content. */
export type SameContent = (a: string, b: string) => Promise<boolean>;

/**
 * Returns a warning for each two inputs that have the same content in all cases that they share: a folder given twice, links to the truth, or
 * a copy of it. The comparison ends at the first file that differs.
 *
 * @param same Whether two files have the same content. @param runs Predictions, by the ids of the truth.
 * @param truth The true masks, where they are files of their own.
 */
export async function sameInputs(
  same: SameContent,
  runs: readonly NamedFiles[],
  truth?: NamedFiles,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const [i, run] of runs.entries()) {
    const others = [...(truth ? [truth] : []), ...runs.slice(0, i)];
    for (const other of others) {
      const shared = [...run.files].filter(([id]) => other.files.has(id));
      if (
        !(await allSame(
          same,
          shared.map(([id, file]) => [file, other.files.get(id)!]),
        ))
      )
        continue;
      const what =
        other === truth
          ? `the predictions of ${run.name} and the true masks`
          : `${other.name} and ${run.name}`;
      const cases = shared.length > 1 ? ` in all ${shared.length} cases` : '';
      warnings.push(
        `warning: ${what} are the same files, or copies of them${cases}; check the paths that were given`,
      );
      break;
    }
  }
  return warnings;
}

async function allSame(same: SameContent, pairs: readonly (readonly [string, string])[]): Promise<boolean> {
  for (const [a, b] of pairs) if (!(await same(a, b))) return false;
  return pairs.length > 0;
}
