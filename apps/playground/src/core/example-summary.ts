import { randomStream } from '@segloss/data/samples';

/** Two summaries of nnU-Net with invented cases: the same truth, one model that loses small regions, one that does not. */
export function exampleSummaries(): { name: string; file: string; text: string }[] {
  const random = randomStream('example');
  const truths = Array.from({ length: 48 }, () => Math.round(60 * 2 ** (9 * random.uniform())));
  const voxels = 256 * 256;
  const summary = (keep: (size: number) => number) =>
    JSON.stringify({
      metric_per_case: truths.map((n, i) => {
        const predicted = Math.max(0, Math.round(n * keep(n) * (1 + 0.12 * random.normal())));
        const TP = Math.min(n, Math.round(0.9 * Math.min(n, predicted)));
        return {
          reference_file: `case_${String(i).padStart(2, '0')}.nii.gz`,
          metrics: { 1: { TP, FP: predicted - TP, FN: n - TP, TN: voxels - predicted - n + TP } },
        };
      }),
    });
  return [
    { name: 'model A', file: 'a/summary.json', text: summary((n) => 1.03 - 9 / Math.sqrt(n)) },
    { name: 'model B', file: 'b/summary.json', text: summary(() => 1) },
  ];
}
