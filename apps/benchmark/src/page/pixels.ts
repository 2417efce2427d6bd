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

/** Paints `color` over a pixel, at the given opacity. */
export function blend(rgb: Uint8Array, pixel: number, color: Rgb, opacity: number): void {
  for (let c = 0; c < 3; c++) {
    const at = pixel * 3 + c;
    rgb[at] = Math.round((1 - opacity) * rgb[at]! + opacity * color[c]!);
  }
}
