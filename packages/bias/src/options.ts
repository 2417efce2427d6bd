/** Throws for a key that no option has, and names the nearest that one has. */
export function checkKeys(caller: string, given: object, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`${caller}: wanted an options object, got ${String(given)}`);
  }
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const nearest = known.reduce((a, b) => (editDistance(unknown, b) < editDistance(unknown, a) ? b : a));
  throw new TypeError(
    `${caller}: unknown option "${unknown}", the nearest is "${nearest}"; known options: ${known.join(', ')}`,
  );
}

/** The least number of inserted, deleted and replaced letters (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
