// Scores of wholes from those of their parts.
import { describe, expect, it } from '@jest/globals';
import { joinCases, scoreCase } from '@segloss/metrics';
import { numbers } from '@segloss/testing';

const classes = ['background', 'a', 'b', 'nowhere'];
const random = numbers(3);
const labels = (ignored: boolean) =>
  Array.from({ length: 12 }, () => (ignored && random.next() < 0.2 ? 255 : Math.floor(3 * random.next())));
const slices = Array.from({ length: 5 }, () => ({ truth: labels(true), predicted: labels(false) }));
const soft = (predicted: number[]) => predicted.flatMap((label) => classes.map((_, k) => (k === label ? 0.7 : 0.1))); // prettier-ignore

const scored = slices.map(
  ({ truth, predicted }, i) =>
  scoreCase({ id: `v/${i}`, truth, predicted, probabilities: soft(predicted), shape: [3, 4], classes, distances: 'none' }), // prettier-ignore
);

describe('joinCases', () => {
  it('gives what a volume of the slices scores', () => {
    const [truth, predicted] = [slices.flatMap((one) => one.truth), slices.flatMap((one) => one.predicted)];
    const whole = scoreCase({ id: 'v', truth, predicted, probabilities: soft(predicted), shape: [5, 3, 4], classes, distances: 'none' }); // prettier-ignore
    const [joined, ...others] = joinCases(scored, () => 'v');
    expect(others).toEqual([]);
    expect(joined!.ignored).toBe(whole.ignored);
    joined!.classes.forEach((one, k) => {
      const { softPredicted, softOverlap, ...counted } = whole.classes[k]!;
      expect(one).toMatchObject(counted);
      expect(one.softPredicted).toBeCloseTo(softPredicted!, 10);
      expect(one.softOverlap).toBeCloseTo(softOverlap!, 10);
    });
    expect(joined!.classes[3]).toMatchObject({ dice: null, missed: false, invented: false });
  });

  it('keeps wholes apart, in the order of their first parts', () => {
    const names = ['v/3', 'v/1', 'v/0', 'v/2', 'v/4'].map((id) => scored.find((one) => one.id === id)!);
    const joined = joinCases(names, (id) => (Number(id.at(-1)) % 2 === 1 ? 'odd' : 'even'));
    expect(joined.map(({ id }) => id)).toEqual(['odd', 'even']);
    const targetOf = (...indices: number[]) =>
      indices.flatMap((i) => slices[i]!.truth).filter((label) => label === 1).length;
    expect(joined.map((one) => one.classes[1]!.target)).toEqual([targetOf(1, 3), targetOf(0, 2, 4)]);
  });

  it('says nothing of probabilities where a part has none', () => {
    const bare = scoreCase({ id: 'v/9', ...slices[0]!, shape: [3, 4], classes, distances: 'none' });
    expect(joinCases([scored[0]!, bare], () => 'v')[0]!.classes[1]!.softPredicted).toBeNull();
  });
});
