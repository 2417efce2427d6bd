import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { encode } from 'fast-png';

/** Height and width of the images. */
export const side = 16;

/** A folder of 8 images, 16x16, the left part bright and labeled; `mask` says how large a mask is and what its label is. */
export function writeImages(
  root: string,
  mask: (index: number) => { size: number; value: number } | undefined,
) {
  for (const part of ['images', 'masks']) mkdirSync(path.join(root, part), { recursive: true });
  for (let index = 0; index < 8; index++) {
    const bright = (pixel: number, size: number) => pixel % size < size / 4 && pixel < (4 + index) * size;
    const write = (part: string, size: number, channels: number, value: number, other: number) => {
      const data = Uint8Array.from({ length: size * size * channels }, (_, i) =>
        bright(Math.floor(i / channels), size) ? value : other,
      );
      const file = path.join(root, part, `case${index}.png`);
      writeFileSync(file, encode({ width: size, height: size, data, channels, depth: 8 }));
    };
    write('images', side, 3, 220, 60);
    const wanted = mask(index);
    if (wanted !== undefined) write('masks', wanted.size, 1, wanted.value, 0);
  }
}
