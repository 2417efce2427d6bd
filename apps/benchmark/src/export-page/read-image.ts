import type { Sample } from '@segloss/data/samples';

/**
 * Reads an image file as the model takes it: values from 0 to 1, without the transparency. A model of one channel gets the mean of the colors, which
 * for a gray image is the image.
 *
 * @throws {Error} If the browser cannot decode the file.
 */
export async function readImage(file: Blob & { readonly name?: string }, channels: number): Promise<Sample> {
  const id = file.name ?? 'image';
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  } catch {
    throw new Error(`${id} is not an image that this browser can read; choose a PNG, JPEG or WebP file`);
  }
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const image = new Float32Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const rgb = data.subarray(4 * pixel, 4 * pixel + 3);
    if (channels === 1) image[pixel] = (rgb[0]! + rgb[1]! + rgb[2]!) / 765;
    else for (let c = 0; c < 3; c++) image[3 * pixel + c] = rgb[c]! / 255;
  }
  return { id, width, height, channels, image, mask: new Uint8Array(width * height) };
}
