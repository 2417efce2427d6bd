import { describe, expect, it } from '@jest/globals';
import { inOrderOf, type Affine } from '@segloss/data';

const [width, height, depth] = [4, 3, 2];
const shape = [depth, height, width] as const;
const values = Array.from({ length: 24 }, (_, i) => i);
const affine: Affine = [[0.5, 0, 0, 10], [0, 2, 0, -3], [0, 0, 3, 7]]; // prettier-ignore
const reference = { shape, affine, placed: true };

/** The same voxels in another order of axes and directions, with the affine that says so. */
function turned(order: readonly [number, number, number], flips: readonly [boolean, boolean, boolean]) {
  const sizes = [width, height, depth];
  const own = order.map((axis) => sizes[axis]!) as [number, number, number];
  const matrix = affine.map((row) => order.map((axis, k) => (flips[k] ? -row[axis]! : row[axis]!)));
  const origin = affine.map((row) =>
    order.reduce((sum, axis, k) => sum + (flips[k] ? row[axis]! * (own[k]! - 1) : 0), row[3]),
  );
  const moved: number[] = [];
  for (let c = 0; c < own[2]; c++)
    for (let b = 0; b < own[1]; b++)
      for (let a = 0; a < own[0]; a++) {
        const at = [0, 0, 0];
        [a, b, c].forEach((x, k) => (at[order[k]!] = flips[k] ? own[k]! - 1 - x : x));
        moved.push(at[0]! + width * (at[1]! + height * at[2]!));
      }
  return {
    shape: [own[2], own[1], own[0]] as [number, number, number],
    affine: matrix.map((row, i) => [...row, origin[i]!]) as unknown as Affine,
    placed: true,
    moved,
  };
}

describe('inOrderOf', () => {
  const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] as const; // prettier-ignore

  it('undoes every order and direction of the axes', () => {
    for (const order of orders) {
      for (let bits = 0; bits < 8; bits++) {
        const volume = turned(order, [(bits & 1) > 0, (bits & 2) > 0, (bits & 4) > 0]);
        expect(Array.from(inOrderOf(reference, volume, volume.moved))).toEqual(values);
      }
    }
  });

  it('takes rounded affines, and leaves values alone that are in order', () => {
    const rounded = affine.map((row) =>
      row.map((entry) => Math.fround(entry * (1 + 1e-6))),
    ) as unknown as Affine;
    expect(inOrderOf(reference, { ...reference, affine: rounded }, values)).toBe(values);
    expect(
      inOrderOf(
        reference,
        { shape, affine: turned([0, 1, 2], [true, false, false]).affine, placed: false },
        values,
      ),
    ).toBe(values);
  });

  it.each<[string, Affine, readonly [number, number, number]]>([
    ['another place', [[0.5, 0, 0, 10.5], [0, 2, 0, -3], [0, 0, 3, 7]], shape], // prettier-ignore
    ['other voxel sizes', [[0.6, 0, 0, 10], [0, 2, 0, -3], [0, 0, 3, 7]], shape], // prettier-ignore
    ['a turn by less than 90 degrees', [[0.48, -0.5, 0, 10], [0.1, 1.9, 0, -3], [0, 0, 3, 7]], shape], // prettier-ignore
    ['another size', affine, [2, 3, 5]],
  ])('refuses %s', (_, other, size) => {
    const volume = { shape: size, affine: other, placed: true };
    expect(() => inOrderOf(reference, volume, new Uint8Array(30))).toThrow(
      'wanted volumes at the same place',
    );
  });

  it('refuses other sizes of volumes that are not placed', () => {
    expect(() => inOrderOf(reference, { ...reference, placed: false, shape: [3, 2, 4] }, values)).toThrow(
      'wanted volumes of one size, got 3x2x4 and 2x3x4',
    );
  });
});
