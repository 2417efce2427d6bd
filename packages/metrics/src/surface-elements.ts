// Surface elements between the pixels: https://github.com/google-deepmind/surface-distance measures a region by the lines
// (areas) that separate it from the rest within each 2 x 2 (2 x 2 x 2) neighborhood, and places them at its center.
import { type Spacing } from '@segloss/geometry';

/** Elements of one surface on a grid of the given shape. */
export interface SurfaceElements {
  /** Indices of the elements, rising. */
  readonly places: Int32Array;
  /** The size of each. */
  readonly sizes: Float64Array;
  readonly shape: readonly number[];
}

/**
 * Pixels of the region with a neighbor along an axis outside of it; each counts 1. The region touches no edge of the grid, and its rows have a
 * multiple of 4 pixels: four are looked at together.
 */
export function pixelElements(region: Uint8Array, shape: readonly number[]): SurfaceElements {
  const words = new Int32Array(region.buffer, region.byteOffset, region.length >> 2);
  // Words between neighbors along each axis but the last.
  const strides = stridesOf(shape).slice(0, -1).reverse().map((stride) => stride >> 2); // prettier-ignore
  const [rows = 0, slices = 0] = strides;
  const places = new Int32Array(countOnes(words) + 4);
  let count = 0;
  // The first and the last slice along the first of several axes are outside; of a single axis, what lies before and behind is undefined, as 0.
  const edge = Math.max(0, ...strides);
  for (let word = edge; word < words.length - edge; word++) {
    const four = words[word]!;
    if (four === 0) continue;
    const first = word << 2;
    let inside = ((four << 8) | region[first - 1]!) & ((four >>> 8) | (region[first + 4]! << 24));
    inside &= words[word - rows]! & words[word + rows]!;
    inside &= words[word - slices]! & words[word + slices]!;
    for (let axis = 2; axis < strides.length; axis++) {
      inside &= words[word - strides[axis]!]! & words[word + strides[axis]!]!;
    }
    const border = four & ~inside;
    if (border === 0) continue;
    // Which of the four are in a border may be noise: each is written, and kept by counting it.
    places[count] = first;
    count += border & 1;
    places[count] = first + 1;
    count += (border >> 8) & 1;
    places[count] = first + 2;
    count += (border >> 16) & 1;
    places[count] = first + 3;
    count += border >> 24;
  }
  let sizes: Float64Array | undefined;
  return {
    places: places.subarray(0, count),
    shape,
    // Made where they are asked for: percentiles of pixels do without.
    get sizes() {
      return (sizes ??= new Float64Array(count).fill(1));
    },
  };
}

/** How many bytes are 1; the others are 0. */
function countOnes(words: Int32Array): number {
  let count = 0;
  for (let i = 0; i < words.length; i++) count += Math.imul(words[i]!, 0x01010101) >>> 24; // the sum of its bytes
  return count;
}

/** Lengths (2-D) or areas (3-D) between the pixels, on the grid of their corners. The region touches no edge of the grid. */
export function subvoxelElements(
  region: Uint8Array,
  shape: readonly number[],
  spacing: Spacing,
): SurfaceElements {
  const table = shape.length === 2 ? lengths(spacing) : areas(spacing);
  const rank = shape.length;
  const corners = shape.map((size) => size - 1);
  const strides = stridesOf(shape);
  // The neighbors of a corner, the last axis fastest, as the bits of the code from the highest on.
  const offsets = Array.from({ length: 1 << rank }, (_, corner) =>
    strides.reduce((sum, stride, axis) => sum + ((corner >> (rank - 1 - axis)) & 1) * stride, 0),
  );
  const places: number[] = [];
  const sizes: number[] = [];
  const count = corners.reduce((product, size) => product * size, 1);
  const width = corners[rank - 1]!;
  const at = shape.map(() => 0);
  for (let start = 0; start < count; start += width) {
    let from = 0;
    for (let axis = 0; axis < rank - 1; axis++) from += at[axis]! * strides[axis]!;
    for (let x = 0; x < width; x++) {
      let code = 0;
      for (let corner = 0; corner < offsets.length; corner++)
        code = 2 * code + region[from + x + offsets[corner]!]!;
      if (table[code] === 0) continue;
      places.push(start + x);
      sizes.push(table[code]!);
    }
    for (let axis = rank - 2; axis >= 0 && ++at[axis]! === corners[axis]; axis--) at[axis] = 0;
  }
  return { places: new Int32Array(places), sizes: new Float64Array(sizes), shape: corners };
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}

/** Length of the line through a 2 x 2 neighborhood by its code: bits 8 4 / 2 1. */
function lengths([v, h]: Spacing): Float64Array {
  const corner = Math.hypot(v!, h!) / 2;
  const table = new Float64Array(16).fill(corner); // one or three pixels: the corner is cut off
  table[0] = table[15] = 0;
  table[3] = table[12] = h!;
  table[5] = table[10] = v!;
  table[6] = table[9] = 2 * corner;
  return table;
}

type Normal = readonly [number, number, number];

const cube = (a: number): Normal => [a, a, a];

/**
 * Neighborhoods of 2 x 2 x 2 up to symmetry and exchange of inside and outside: which corners are inside (axis 0 first), and
 * the normals of the surface elements, as long as their areas, without signs.
 *
 * @see Lorensen and Cline, "Marching cubes", SIGGRAPH 1987; Nikolov et al., arXiv:1809.04430, "Surface DSC".
 */
const CONFIGURATIONS: readonly (readonly [corners: readonly string[], normals: readonly Normal[]])[] = [
  [['000'], [cube(1 / 8)]],
  [['000', '001'], [[1 / 4, 1 / 4, 0], [1 / 4, 1 / 4, 0]]],
  [['000', '011'], [cube(1 / 8), cube(1 / 8)]],
  [['000', '111'], [cube(1 / 8), cube(1 / 8)]],
  [['000', '001', '010'], [cube(1 / 8), cube(1 / 4), [1 / 2, 0, 0]]],
  [['000', '100', '011'], [[0, 1 / 4, 1 / 4], [0, 1 / 4, 1 / 4], cube(1 / 8)]],
  [['000', '011', '101'], [cube(1 / 8), cube(1 / 8), cube(1 / 8)]],
  [['000', '001', '010', '011'], [[1 / 2, 0, 0], [1 / 2, 0, 0]]],
  [['000', '001', '010', '100'], [cube(1 / 8), cube(1 / 8), cube(1 / 4), cube(1 / 4)]],
  [['100', '000', '001', '011'], [[0, 1 / 4, 1 / 4], [1 / 4, 0, 1 / 4], cube(1 / 8), cube(3 / 8)]],
  [['000', '001', '010', '111'], [cube(1 / 8), cube(1 / 8), cube(1 / 4), [1 / 2, 0, 0]]],
  [['000', '001', '110', '111'], [[1 / 4, 1 / 4, 0], [1 / 4, 1 / 4, 0], [1 / 4, 1 / 4, 0], [1 / 4, 1 / 4, 0]]],
  [['000', '011', '101', '110'], [cube(1 / 8), cube(1 / 8), cube(1 / 8), cube(1 / 8)]],
]; // prettier-ignore

const AXES = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] as const; // prettier-ignore

let normals: (readonly Normal[])[] | undefined;

/** The normals of every neighborhood, by its code: the configurations in all orientations. */
function normalsOfCodes(): (readonly Normal[])[] {
  if (normals) return normals;
  normals = Array.from({ length: 256 }, () => []);
  for (const [corners, elements] of CONFIGURATIONS) {
    for (const axes of AXES) {
      for (let flip = 0; flip < 8; flip++) {
        let code = 0;
        for (const corner of corners) {
          const turned = axes.reduce<number>((sum, axis) => 2 * sum + Number(corner[axis]), 0) ^ flip;
          code |= 128 >> turned;
        }
        const turned = elements.map((normal) => axes.map((axis) => normal[axis]) as unknown as Normal);
        normals[code] = normals[255 - code] = turned;
      }
    }
  }
  return normals;
}

/** Area of the surface in a 2 x 2 x 2 neighborhood by its code. */
function areas([d, v, h]: Spacing): Float64Array {
  return Float64Array.from(normalsOfCodes(), (elements) =>
    elements.reduce((sum, [n0, n1, n2]) => sum + Math.hypot(n0 * v! * h!, n1 * d! * h!, n2 * d! * v!), 0),
  );
}
