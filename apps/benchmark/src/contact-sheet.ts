import { resizeSample, sliceOf, type Sample } from '@segloss/data';
import { colorOf, overlayPng } from '@segloss/trainer';

import { document } from './page/document.js';
import { html, raw, type Html } from './page/html.js';
import { percentText } from './page/percent.js';
import { plural } from './page/plural.js';
import { style } from './page/style.js';

/** Longest side of a picture on the sheet, in pixels. */
const SIDE = 320;

const OWN_STYLE = `
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1rem; margin-top: 1rem; }
.sheet img { width: 100%; display: block; image-rendering: pixelated; border: 1px solid var(--line); }
.sheet figcaption { font-size: .85rem; overflow-wrap: anywhere; }
.sheet small { display: block; }
`;

/** What a sheet is about. */
export interface SheetOptions {
  readonly classes: readonly string[];
  readonly background: number | null;
  /** Pictures that it shows; later ones are counted only. */
  readonly most: number;
}

/** A page with the first predictions: images with their regions in color, and the share of each class. */
export class ContactSheet {
  private readonly figures: Html[] = [];
  private count = 0;

  constructor(private readonly options: SheetOptions) {}

  /** @param sample The image, with the predicted labels as its mask; of a volume the slice with most foreground is shown. */
  add(name: string, sample: Sample): void {
    this.count++;
    if (this.figures.length >= this.options.most) return;
    const { classes, background } = this.options;
    const shown = sample.depth === undefined ? sample : fullestSlice(sample, background);
    const picture = reduced(shown);
    const png = Buffer.from(overlayPng(picture, picture.mask, background)).toString('base64');
    const shares = classes.flatMap((label, k) =>
      k === background ? [] : [`${label} ${percentText(shareOf(sample.mask, k))}`],
    );
    const slice = shown === sample ? '' : `, slice ${shown.id.split('/').at(-1)!}`;
    this.figures.push(
      html`<figure>
        <img alt="${name} with predicted regions" src="data:image/png;base64,${png}" />
        <figcaption>${name}${slice}<small>${shares.join(', ')}</small></figcaption>
      </figure>`,
    );
  }

  /** @param title What was predicted, and by what. */
  page(title: string): string {
    const { classes, background } = this.options;
    const colors = classes.map((label, k) =>
      k === background
        ? ''
        : html`<span
            ><i style="${raw(`background: rgb(${colorOf(k, background).join(' ')})`)}"></i>${label}</span
          >`,
    );
    const { length } = this.figures;
    const which =
      length < this.count ? `The first ${length} of ${plural(this.count, 'image')}` : plural(length, 'image');
    const main = html`<h1>${title}</h1>
      <p>
        ${which}. Regions are tinted, their borders have the full color; shares are of all pixels of an image
        or volume.
      </p>
      <p class="legend">${colors}</p>
      <div class="sheet">${this.figures}</div>`;
    return document({ title, style: `${style}${OWN_STYLE}`, main });
  }
}

const shareOf = (labels: Uint8Array, k: number): number =>
  labels.reduce((count, label) => count + Number(label === k), 0) / labels.length;

function fullestSlice(volume: Sample, background: number | null): Sample {
  const pixels = volume.height * volume.width;
  let [fullest, most] = [Math.floor(volume.depth! / 2), 0];
  for (let index = 0; index < volume.depth!; index++) {
    const labels = volume.mask.subarray(index * pixels, (index + 1) * pixels);
    const foreground = 1 - shareOf(labels, background ?? -1);
    if (foreground > most) [fullest, most] = [index, foreground];
  }
  return sliceOf(volume, { index: fullest });
}

function reduced(sample: Sample): Sample {
  const scale = SIDE / Math.max(sample.height, sample.width);
  if (scale >= 1) return sample;
  const side = (length: number) => Math.max(1, Math.round(scale * length));
  return resizeSample(sample, side(sample.height), side(sample.width));
}
