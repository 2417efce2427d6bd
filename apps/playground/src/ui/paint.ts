/** Draws values from 0 (dark) to 1 (light). */
export function paintShares(context: CanvasRenderingContext2D, values: ArrayLike<number>): void {
  paint(context, values, (value) => {
    const v = Math.round(24 + 226 * value);
    return [v, v, v];
  });
}

/** Draws values from -scale (blue) over 0 (white) to +scale (orange), by their square roots, so that weak ones show too. */
export function paintDiverging(
  context: CanvasRenderingContext2D,
  values: ArrayLike<number>,
  scale: number,
): void {
  paint(context, values, (value) => {
    const t = Math.sqrt(Math.min(1, Math.abs(value) / scale));
    const end = value > 0 ? [213, 94, 0] : [0, 96, 170];
    return end.map((channel) => Math.round(248 + (channel - 248) * t)) as [number, number, number];
  });
}

/** Draws bytes as they are. */
export function paintBytes(context: CanvasRenderingContext2D, values: ArrayLike<number>): void {
  paint(context, values, (value) => [value, value, value]);
}

function paint(
  context: CanvasRenderingContext2D,
  values: ArrayLike<number>,
  color: (value: number) => readonly [number, number, number],
): void {
  const { width, height } = context.canvas;
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = color(values[i]!);
    image.data.set([r, g, b, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}
