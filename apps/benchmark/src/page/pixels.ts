import { encode } from 'fast-png';

/** RGB bytes with their size. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

export type Rgb = readonly [number, number, number];

/** A picture as a PNG data URL. */
export function toDataUrl({ width, height, rgb }: Picture): string {
  const png = encode({ width, height, data: rgb, channels: 3, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

/** The indices of a grid at most `side` wide and high that keeps every n-th pixel of the original. */
export function thin(width: number, height: number, side: number) {
  const step = Math.max(1, Math.ceil(Math.max(width, height) / side));
  const columns = Math.ceil(width / step);
  const rows = Math.ceil(height / step);
  const pixels = Array.from(
    { length: rows * columns },
    (_, index) => Math.floor(index / columns) * step * width + (index % columns) * step,
  );
  return { width: columns, height: rows, pixels };
}

/** Paints `color` over a pixel, at the given opacity. */
export function blend(rgb: Uint8Array, pixel: number, color: Rgb, opacity: number): void {
  for (let c = 0; c < 3; c++) {
    const at = pixel * 3 + c;
    rgb[at] = Math.round((1 - opacity) * rgb[at]! + opacity * color[c]!);
  }
}

/** Whether a pixel of the region touches a pixel outside of it (or the border of the image). */
export function onOutline(inside: (pixel: number) => boolean, pixel: number, width: number, height: number) {
  if (!inside(pixel)) return false;
  const x = pixel % width;
  const y = (pixel - x) / width;
  return (
    x === 0 ||
    y === 0 ||
    x === width - 1 ||
    y === height - 1 ||
    !inside(pixel - 1) ||
    !inside(pixel + 1) ||
    !inside(pixel - width) ||
    !inside(pixel + width)
  );
}
