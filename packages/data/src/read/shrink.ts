import { type RawPixels } from '../formats/raw-pixels.js';
import { resizeImage } from '../samples/resize.js';
import { shrink } from '../samples/shrink.js';
import { imageOf, levelsOf, type Image } from './pixels.js';

/**
 * The image of decoded pixels at another size, bit-identical to what `resizeSample` makes of {@link imageOf}. Bytes that shrink are averaged as
 * they are read, without an image of the full size in between.
 */
export function imageOfSize(raw: RawPixels, height: number, width: number): Image {
  const channels = raw.channels - (raw.alpha ? 1 : 0);
  const { values: bytes } = raw;
  const small =
    bytes instanceof Uint8Array && !raw.indexed
      ? shrink(
          { ...raw, values: { bytes, levels: levelsOf(raw.maximum) }, step: raw.channels, channels },
          height,
          width,
        )
      : undefined;
  if (small !== undefined) return { height, width, channels, values: small };
  const { values, ...full } = imageOf(raw);
  const image = resizeImage({ ...full, image: values }, height, width);
  return { height, width, channels: full.channels, values: image };
}
