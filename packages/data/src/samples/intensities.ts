import { type Finding, type Sample } from './sample.js';

/** Images whose largest value is below this share of what their type can hold are told. */
const DARK = 1 / 8;

/**
 * Finds the largest value of images, to tell those that fill a small part of what their type can hold: 12 bits in files of 16, for
 * example, which are at most 4095 / 65535 = 0.06 on the scale from 0 to 1.
 *
 * @example
 * ```ts
 * const range = new IntensityRange();
 * range.add({ id: 'a', width: 2, height: 1, channels: 1, image: Float32Array.of(0, 4095 / 65535), mask: new Uint8Array(2) });
 * range.finding.kind; // → "dark"
 * range.add({ id: 'b', width: 1, height: 1, channels: 1, image: Float32Array.of(0.5), mask: new Uint8Array(1) });
 * range.finding; // → undefined
 * ```
 */
export class IntensityRange {
  private some = false;
  private maximum = 0;

  /** Looks at an image before it is normalized; costs nothing more once a value is bright. */
  add({ image }: Pick<Sample, 'image'>): void {
    this.some = true;
    for (let i = 0; i < image.length && this.maximum < DARK; i++) {
      if (image[i]! > this.maximum) this.maximum = image[i]!;
    }
  }

  /** What one should know about the range; undefined where nothing is suspicious, and where no image was looked at. */
  get finding(): Finding | undefined {
    const { maximum } = this;
    if (!this.some || maximum >= DARK) return undefined;
    const [of8, of16] = [255, 65535].map((most) => `${Math.round(maximum * most)} of ${most}`);
    const message =
      maximum === 0
        ? 'no value of any image is above 0: they are black'
        : `the largest value of all images is ${maximum.toPrecision(2)} on the scale from 0 to 1 (${of16} in files of 16 bits, ${of8} in files of 8), ` +
          'so that they are nearly black for a model; set data.normalize to the mean and the standard deviation of each channel on this scale';
    return { kind: 'dark', message };
  }
}
