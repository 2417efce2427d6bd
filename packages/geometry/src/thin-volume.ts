import { Pending } from './pending.js';

/**
 * Thins a volume with a frame of zeros in place. In each of six directions, border voxels that are simple points and not ends of
 * lines are candidates; they are deleted one after the other, each only if it still is a simple point.
 */
export function thinVolume(image: Uint8Array, height: number, width: number): void {
  const steps = OFFSETS.map(([z, y, x]) => (z * height + y) * width + x);
  const slice = height * width;
  const isPlane = image.length === 3 * slice; // every voxel would be a border voxel from above and below
  const borders = [-width, width, 1, -1, ...(isPlane ? [] : [slice, -slice])];
  const around = new Uint8Array(27);
  const look = (i: number): number => {
    let count = 0;
    for (let k = 0; k < 27; k++) count += around[k] = image[i + steps[k]!]!;
    return count - 1;
  };
  const isDeletable = (i: number): boolean => look(i) > 1 && isSimple(around);
  const pending = new Pending(image.length, borders.length);
  for (let i = 0; i < image.length; i++) {
    if (image[i] && borders.some((step) => !image[i + step])) pending.add(i);
  }
  while (!pending.isEmpty) {
    borders.forEach((border, pass) => {
      const candidates = pending
        .take(pass)
        .filter((i) => image[i] && !image[i + border] && isDeletable(i))
        .sort((a, b) => a - b);
      for (const i of candidates) {
        look(i);
        if (!isSimple(around)) continue;
        image[i] = 0;
        for (const step of steps) if (image[i + step]) pending.add(i + step);
      }
    });
  }
}

type Offset = readonly [z: number, y: number, x: number];

/** The 3 x 3 x 3 neighborhood; 13 is the voxel itself. */
const OFFSETS: readonly Offset[] = Array.from(
  { length: 27 },
  (_, k) => [Math.floor(k / 9) - 1, (Math.floor(k / 3) % 3) - 1, (k % 3) - 1] as const,
);

const axesOf = ([z, y, x]: Offset) => Math.abs(z) + Math.abs(y) + Math.abs(x);

/** For each place of the neighborhood the other places that touch it, without the voxel itself. */
function touching(places: readonly number[], touch: (difference: Offset) => boolean): number[][] {
  return OFFSETS.map((a, k) =>
    places.filter((other) => {
      const b = OFFSETS[other]!;
      return other !== k && places.includes(k) && touch([b[0] - a[0], b[1] - a[1], b[2] - a[2]]);
    }),
  );
}

const all = Array.from({ length: 27 }, (_, k) => k);
const NEIGHBORS_26 = all.filter((k) => k !== 13);
const NEIGHBORS_18 = NEIGHBORS_26.filter((k) => axesOf(OFFSETS[k]!) <= 2);
const NEIGHBORS_6 = NEIGHBORS_26.filter((k) => axesOf(OFFSETS[k]!) === 1);
const TOUCH_26 = touching(NEIGHBORS_26, (d) => d.every((step) => Math.abs(step) <= 1));
const TOUCH_6 = touching(NEIGHBORS_18, (d) => axesOf(d) === 1);

/**
 * Whether the topology stays as it is without the voxel: its neighbors in the mask are one 26-component, and those outside that
 * touch it by a face are one 6-component within its 18 neighbors.
 *
 * @see G. Bertrand, G. Malandain, "A new characterization of three-dimensional simple points", Pattern Recognition Letters 1994.
 */
function isSimple(around: Uint8Array): boolean {
  return isOneComponent(around, 1, NEIGHBORS_26, TOUCH_26) && isOneComponent(around, 0, NEIGHBORS_6, TOUCH_6);
}

const seen = new Uint8Array(27);
const stack = new Uint8Array(27);

/** Whether the places in `from` with the value can all be reached from one of them over places with the value. */
function isOneComponent(
  around: Uint8Array,
  value: number,
  from: readonly number[],
  touch: readonly (readonly number[])[],
): boolean {
  seen.fill(0);
  const start = from.find((k) => around[k] === value);
  if (start === undefined) return false;
  let size = 0;
  stack[size++] = start;
  seen[start] = 1;
  while (size > 0) {
    for (const next of touch[stack[--size]!]!) {
      if (seen[next] || around[next] !== value) continue;
      seen[next] = 1;
      stack[size++] = next;
    }
  }
  return from.every((k) => around[k] !== value || seen[k] === 1);
}
