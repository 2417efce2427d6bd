import { disc } from './race.js';
import { logit } from './pixels.js';
import type { PredictionName, Shape } from '../state/state.js';

/** Height and width of the painted image. */
export const SIDE = 64;

/** A mask of a shape whose share of the image is about q. */
export function shapeMask(shape: Exclude<Shape, 'own'>, q: number): Uint8Array {
  const mask = new Uint8Array(SIDE * SIDE);
  const fill = (inside: (row: number, column: number) => boolean) => {
    for (let i = 0; i < mask.length; i++) if (inside(Math.floor(i / SIDE), i % SIDE)) mask[i] = 1;
    return mask;
  };
  const area = q * SIDE * SIDE;
  const c = (SIDE - 1) / 2;
  switch (shape) {
    case 'disc':
      return disc(SIDE, q);
    case 'speck':
      return disc(SIDE, Math.min(q, 0.003));
    case 'dots': {
      const radius = Math.sqrt(area / (9 * Math.PI));
      return fill((row, column) => {
        const [dr, dc] = [(row % 21.4) - 10.7, (column % 21.4) - 10.7];
        return dr ** 2 + dc ** 2 <= Math.max(radius, 0.8) ** 2;
      });
    }
    case 'ring': {
      const width = area / (2 * Math.PI * 18);
      return fill(
        (row, column) => Math.abs(Math.hypot(row - c, column - c) - 18) <= Math.max(width / 2, 0.5),
      );
    }
    case 'bar':
      return fill((row) => Math.abs(row - c) <= Math.max(0.5, area / SIDE / 2));
  }
}

/** Logits of a prediction of the mask. */
export function predictedLogits(mask: Uint8Array, name: PredictionName): Float64Array {
  const z = new Float64Array(mask.length);
  const share = mask.reduce((sum, one) => sum + one, 0) / mask.length;
  const soft = blurred(Float64Array.from(mask), 3);
  const target = (value: number) => logit(0.02 + 0.96 * Math.min(1, Math.max(0, value)));
  for (let i = 0; i < z.length; i++) {
    if (name === 'uniform') z[i] = logit(Math.min(0.98, Math.max(0.005, share)));
    if (name === 'blurred') z[i] = target(soft[i]!);
    if (name === 'shifted') {
      const [row, column] = [Math.floor(i / SIDE) - 4, (i % SIDE) - 4];
      z[i] = target(row < 0 || column < 0 ? 0 : soft[row * SIDE + column]!);
    }
    if (name === 'small') z[i] = target(2 * soft[i]! - 0.95);
    if (name === 'large') z[i] = target(3 * soft[i]!);
  }
  return z;
}

/** Repeated means of three pixels along both axes. */
function blurred(values: Float64Array, times: number): Float64Array {
  let now = values;
  for (let t = 0; t < times; t++) {
    for (const step of [1, SIDE]) {
      const next = new Float64Array(now.length);
      for (let i = 0; i < now.length; i++) {
        const column = i % SIDE;
        const before = step === 1 ? (column > 0 ? now[i - 1]! : now[i]!) : (now[i - SIDE] ?? now[i]!);
        const after = step === 1 ? (column < SIDE - 1 ? now[i + 1]! : now[i]!) : (now[i + SIDE] ?? now[i]!);
        next[i] = (before + now[i]! + after) / 3;
      }
      now = next;
    }
  }
  return now;
}

/** A mask as 684 characters for a link. */
export function packMask(mask: Uint8Array): string {
  const bytes = new Uint8Array(mask.length / 8);
  mask.forEach((one, i) => (bytes[i >> 3]! |= one << (i & 7)));
  return btoa(String.fromCharCode(...bytes));
}

/** The mask of such a text. @throws {RangeError} If it has another size. */
export function unpackMask(text: string): Uint8Array {
  const bytes = atob(text);
  if (bytes.length * 8 !== SIDE * SIDE)
    throw new RangeError(`wanted ${(SIDE * SIDE) / 8} bytes, got ${bytes.length}`);
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (bytes.charCodeAt(i >> 3) >> (i & 7)) & 1);
}
