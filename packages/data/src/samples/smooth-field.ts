import { type RandomStream } from './random.js';

/** A smooth random field from 0 to 1, `size * size`: random values on a grid of `cells` cells, interpolated. */
export function smoothField(random: RandomStream, size: number, cells: number): Float64Array {
  const side = cells + 2;
  const grid = Array.from({ length: side * side }, () => random.uniform());
  const field = new Float64Array(size * size);
  for (let y = 0; y < size; y++) {
    const [row, fy] = position(y, size, cells);
    for (let x = 0; x < size; x++) {
      const [column, fx] = position(x, size, cells);
      const at = row * side + column;
      const top = grid[at]! * (1 - fx) + grid[at + 1]! * fx;
      const bottom = grid[at + side]! * (1 - fx) + grid[at + side + 1]! * fx;
      field[y * size + x] = top * (1 - fy) + bottom * fy;
    }
  }
  return field;
}

/** Cell and smoothed offset 3t² - 2t³ within it. */
function position(x: number, size: number, cells: number): [number, number] {
  const scaled = (x * cells) / size;
  const cell = Math.floor(scaled);
  const t = scaled - cell;
  return [cell, t * t * (3 - 2 * t)];
}
