import { type Outcome } from './compare';

/** How many cases passed, failed and were skipped. */
export function countsOf(outcomes: readonly Outcome[]) {
  const count = (result: Outcome['result']) => outcomes.filter((one) => one.result === result).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

/** Markdown table of a library, one row a loss, and its skips with quirk and reason. */
export function libraryTable(library: string, outcomes: readonly Outcome[]): string {
  const losses = [...new Set(outcomes.map(({ loss }) => loss))];
  const rows = losses.map((loss) => {
    const { passed, failed, skipped } = countsOf(outcomes.filter((one) => one.loss === loss));
    return `| ${loss} | ${passed} | ${failed} | ${skipped} |`;
  });
  const all = countsOf(outcomes);
  const skips = new Map<string, number>();
  for (const { result, quirk, reason } of outcomes) {
    const key = `| ${quirk} | ${reason} |`;
    if (result === 'skipped') skips.set(key, (skips.get(key) ?? 0) + 1);
  }
  const reasons = [...skips].sort().map(([key, count]) => `${key} ${count} |`);
  return [
    `## ${library}`,
    '',
    '| loss | passed | failed | skipped |',
    '| --- | ---: | ---: | ---: |',
    ...rows,
    `| all | ${all.passed} | ${all.failed} | ${all.skipped} |`,
    '',
    ...(reasons.length ? ['| skipped for | reason | cases |', '| --- | --- | ---: |', ...reasons, ''] : []),
  ].join('\n');
}

/** The last line of a run. */
export function summaryLine(outcomes: readonly Outcome[]): string {
  const { passed, failed, skipped } = countsOf(outcomes);
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
