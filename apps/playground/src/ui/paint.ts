/** Writes the color of a value, three bytes, at a place of an image. */
type Color = (value: number, data: Uint8ClampedArray, at: number) => void;

/** Draws values from 0 (dark) to 1 (light). */
export function paintShares(context: CanvasRenderingContext2D, values: ArrayLike<number>): void {
  paint(context, values, (value, data, at) => {
    data[at] = data[at + 1] = data[at + 2] = 24 + 226 * value;
  });
}

/** Draws values from -scale (blue) over 0 (white) to +scale (orange), by their square roots, so that weak ones show too. */
export function paintDiverging(
  context: CanvasRenderingContext2D,
  values: ArrayLike<number>,
  scale: number,
): void {
  const [up, down] = [
    [213, 94, 0],
    [0, 96, 170],
  ] as const;
  paint(context, values, (value, data, at) => {
    const t = Math.sqrt(Math.min(1, Math.abs(value) / scale));
    const end = value > 0 ? up : down;
    for (let channel = 0; channel < 3; channel++) data[at + channel] = 248 + (end[channel]! - 248) * t;
  });
}

/** Draws bytes as they are. */
export function paintBytes(context: CanvasRenderingContext2D, values: ArrayLike<number>): void {
  paint(context, values, (value, data, at) => {
    data[at] = data[at + 1] = data[at + 2] = value;
  });
}

/** Draws an image; nothing is allocated for a pixel, as races draw sixty images a second. */
function paint(context: CanvasRenderingContext2D, values: ArrayLike<number>, color: Color): void {
  const { width, height } = context.canvas;
  const image = context.createImageData(width, height);
  const { data } = image;
  for (let i = 0; i < width * height; i++) {
    color(values[i]!, data, 4 * i);
    data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
