import { describe, expect, it } from '@jest/globals';
import { loader, padVolume, resampleVolume, resizeVolume, type Sample } from '@segloss/data';

/** A volume whose values are its place along one axis. */
function ramp(size: readonly [number, number, number], axis: 0 | 1 | 2): Sample {
  const [depth, height, width] = size;
  const places = Array.from({ length: depth * height * width }, (_, i) => [
    Math.floor(i / (height * width)),
    Math.floor(i / width) % height,
    i % width,
  ]);
  const mask = Uint8Array.from(places, (place) => place[axis]!);
  const image = Float32Array.from(places, (place) => place[axis]!);
  return { id: 'ramp', depth, height, width, channels: 1, image, mask, spacing: [2, 1, 0.5] };
}

describe('resizeVolume', () => {
  it.each([0, 1, 2] as const)(
    'interpolates a ramp along axis %i linearly, and keeps it along the others',
    (axis) => {
      const size: [number, number, number] = [3, 4, 5];
      const side = size[axis];
      const to = [...size] as [number, number, number];
      to[axis] = 2 * side;
      const { depth, height, width, image, mask, spacing } = resizeVolume(ramp(size, axis), to);
      expect([depth, height, width]).toEqual(to);
      const stride = to.slice(axis + 1).reduce((product, one) => product * one, 1);
      // Voxel centers at half integers, held at the ends.
      image.forEach((value, i) => {
        const place = Math.floor(i / stride) % to[axis];
        expect(value).toBeCloseTo(Math.min(side - 1, Math.max(0, (place + 0.5) / 2 - 0.5)), 6);
        expect(mask[i]).toBe(Math.floor(place / 2));
      });
      expect(spacing).toEqual([2, 1, 0.5].map((one, i) => (i === axis ? one / 2 : one)));
    },
  );

  it('averages where an axis shrinks', () => {
    const volume = { ...ramp([4, 1, 1], 0), image: Float32Array.of(0, 0, 1, 1) };
    const { image } = resizeVolume(volume, [2, 1, 1]);
    // Triangles of two voxels' width: 3/8, 3/8, 1/8 of the left three, over 7/8.
    expect(Array.from(image)).toEqual([1 / 7, 6 / 7].map((share) => expect.closeTo(share, 6)));
  });

  it('keeps several channels apart', () => {
    const volume = { ...ramp([1, 1, 2], 2), channels: 2, image: Float32Array.of(0, 10, 1, 20) };
    const { image } = resizeVolume(volume, [1, 1, 4]);
    expect(Array.from(image)).toEqual([0, 10, 0.25, 12.5, 0.75, 17.5, 1, 20]);
  });

  it('refuses images and sizes that are none', () => {
    const { depth, ...image } = ramp([1, 2, 2], 1);
    expect(depth).toBe(1);
    expect(() => resizeVolume(image, [1, 2, 2])).toThrow('wanted a volume, got the image ramp');
    expect(() => resizeVolume(ramp([1, 2, 2], 1), [1, 2, 0])).toThrow('got [1,2,0]');
  });
});

describe('resampleVolume', () => {
  it('takes the number of voxels that comes closest to the spacing', () => {
    const { depth, height, width, spacing } = resampleVolume(ramp([3, 4, 5], 0), [1, 1, 1]);
    expect([depth, height, width]).toEqual([6, 4, 3]); // 6, 4 and 2.5 mm
    expect(spacing).toEqual([1, 1, 2.5 / 3]);
  });

  it('refuses a volume whose spacing is unknown', () => {
    const { spacing, ...unknown } = ramp([1, 1, 1], 0);
    expect(spacing).toHaveLength(3);
    expect(() => resampleVolume(unknown, [1, 1, 1])).toThrow('wanted a volume with its spacing');
  });
});

describe('padVolume', () => {
  it('adds ignored zeros on both sides of short axes only', () => {
    const volume = { ...ramp([1, 2, 1], 1), image: Float32Array.of(5, 6) };
    const padded = padVolume(volume, [2, 1, 3]);
    expect([padded.depth, padded.height, padded.width]).toEqual([2, 2, 3]);
    expect(Array.from(padded.image)).toEqual([0, 5, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
    expect(Array.from(padded.mask)).toEqual([255, 0, 255, 255, 1, 255, 255, 255, 255, 255, 255, 255]);
  });
});

describe('loader', () => {
  it('resamples volumes to a spacing, and then to a size', async () => {
    const source = { id: 'ramp', load: () => Promise.resolve(ramp([3, 4, 5], 0)) };
    const spaced = await loader([source], { spacing: [1, 1, 1] }).sources[0]!.load();
    expect([spaced.depth, spaced.height, spaced.width]).toEqual([6, 4, 3]);
    const sized = await loader([source], { size: [1, 2, 3] }).sources[0]!.load();
    expect([sized.depth, sized.height, sized.width]).toEqual([1, 2, 3]);
    expect(() => loader([source], { spacing: [1, 0, 1] })).toThrow('wanted spacing as three distances');
  });
});
