import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { connectedComponents, distanceTransform, type Connectivity } from '@segloss/geometry';
import { numbers } from '@segloss/testing';

const PROGRAM = `
import json, sys
import numpy as np
from scipy import ndimage
results = []
for case in json.load(sys.stdin):
    mask = np.array(case["mask"], dtype=np.uint8).reshape(case["shape"])
    structure = ndimage.generate_binary_structure(mask.ndim, case["steps"])
    labels, count = ndimage.label(mask, structure)
    distances = ndimage.distance_transform_edt(mask == 0, sampling=case["spacing"])
    results.append({"count": int(count), "labels": labels.ravel().tolist(), "distances": distances.ravel().tolist()})
json.dump(results, sys.stdout)
`;

const hasScipy = spawnSync('python3', ['-c', 'import scipy.ndimage']).status === 0;
const describeOrSkip = hasScipy ? describe : describe.skip;

describeOrSkip(`scipy.ndimage${hasScipy ? '' : ' (skipped: python3 with scipy is not there)'}`, () => {
  it('labels and measures alike', () => {
    const { next } = numbers(21);
    const cases =
      ([[[40, 50], 4], [[40, 50], 8], [[12, 14, 16], 6], [[12, 14, 16], 18], [[12, 14, 16], 26]] as const) // prettier-ignore
        .flatMap(([shape, connectivity]) =>
          [0.02, 0.3, 0.6].map((density) => ({
            shape,
            connectivity: connectivity as Connectivity,
            steps: { 4: 1, 8: 2, 6: 1, 18: 2, 26: 3 }[connectivity],
            spacing: shape.map(() => 0.5 + Math.round(4 * next()) / 2),
            mask: Array.from({ length: shape.reduce<number>((a, b) => a * b, 1) }, () =>
              next() < density ? 1 : 0,
            ),
          })),
        );
    const input = JSON.stringify(cases);
    const { stdout, stderr } = spawnSync('python3', ['-c', PROGRAM], {
      input,
      encoding: 'utf8',
      maxBuffer: 1e9,
    });
    expect(stderr).toBe('');
    const results = JSON.parse(stdout) as { count: number; labels: number[]; distances: number[] }[];
    expect(results).toHaveLength(cases.length);
    cases.forEach(({ mask, shape, connectivity, spacing }, i) => {
      const { count, labels } = connectedComponents(mask, shape, { connectivity });
      const wanted = results[i]!;
      expect(count).toBe(wanted.count);
      // The same up to the names of the labels: pairs of labels are as many as labels.
      const pairs = new Set(wanted.labels.map((label, at) => `${label} ${labels[at]}`));
      expect(pairs.size).toBe(new Set(wanted.labels).size);
      expect(new Set(labels).size).toBe(pairs.size);
      distanceTransform(mask, shape, { spacing }).forEach((distance, at) =>
        expect(Math.abs(distance - wanted.distances[at]!)).toBeLessThan(1e-9),
      );
    });
  });
});
