import { Pending } from './pending.js';

/**
 * Thins a plane with a frame of zeros in place. The time is linear in the pixels: only pixels next to deleted ones can become
 * deletable.
 */
export function thinPlane(image: Uint8Array, width: number): void {
  const [n, e, s, w] = [-width, 1, width, -1];
  const around = [n, n + e, e, s + e, s, s + w, w, n + w]; // p2 to p9 of the paper: clockwise from the north
  const codeAt = (i: number): number =>
    around.reduce((code, step, bit) => code | (image[i + step]! << bit), 0);
  const pending = new Pending(image.length, 2);
  for (let i = 0; i < image.length; i++) if (image[i] && codeAt(i) !== 255) pending.add(i);
  while (!pending.isEmpty) {
    for (const pass of [0, 1] as const) {
      const deleted = pending.take(pass).filter((i) => image[i] && DELETES[pass][codeAt(i)]);
      for (const i of deleted) image[i] = 0;
      for (const i of deleted) for (const step of around) if (image[i + step]) pending.add(i + step);
    }
  }
}

type Bits = [number, number, number, number, number, number, number, number];

/** Whether a pass deletes a pixel, by the bits of its eight neighbors. */
const DELETES = ([0, 1] as const).map((pass) =>
  Uint8Array.from({ length: 256 }, (_, code) => {
    const neighbors = Array.from({ length: 8 }, (_unused, bit) => (code >> bit) & 1) as Bits;
    return deletes(neighbors, pass) ? 1 : 0;
  }),
) as unknown as readonly [Uint8Array, Uint8Array];

/** Guo and Hall: one component of neighbors (C = 1), 2 <= N <= 3, and from the north-east or the south-west. */
function deletes([p2, p3, p4, p5, p6, p7, p8, p9]: Bits, pass: 0 | 1): boolean {
  const components =
    ((1 - p2) & (p3 | p4)) + ((1 - p4) & (p5 | p6)) + ((1 - p6) & (p7 | p8)) + ((1 - p8) & (p9 | p2));
  const n1 = (p9 | p2) + (p3 | p4) + (p5 | p6) + (p7 | p8);
  const n2 = (p2 | p3) + (p4 | p5) + (p6 | p7) + (p8 | p9);
  const neighbors = Math.min(n1, n2);
  if (components !== 1 || neighbors < 2 || neighbors > 3) return false;
  return pass === 0 ? ((p2 | p3 | (1 - p5)) & p4) === 0 : ((p6 | p7 | (1 - p9)) & p8) === 0;
}
