import { classProportions, type Sample } from '@segloss/data';

import { packBytes } from './codec.js';
import type { Case } from './events.js';

/** The validation images of the report: those with the smallest, the median and the largest region. */
export interface ChosenCase {
  readonly sample: Sample;
  readonly region: string;
  readonly proportion: number;
}

/**
 * Chooses the images that the report shows, the same for every loss and known before any training.
 *
 * @param label The class whose region is measured; images without it are left out.
 */
export function chooseCases(
  samples: readonly Sample[],
  label: number,
  classes: readonly string[],
): ChosenCase[] {
  const sized = samples
    .map((sample) => ({ sample, proportion: classProportions([sample], classes.length)[label]! }))
    .filter(({ proportion }) => proportion > 0)
    .sort((a, b) => a.proportion - b.proportion || (a.sample.id < b.sample.id ? -1 : 1));
  const last = sized.length - 1;
  const wanted = [
    { region: 'smallest', index: 0 },
    { region: 'median', index: Math.floor(last / 2) },
    { region: 'largest', index: last },
  ];
  const seen = new Set<number>();
  return wanted.flatMap(({ region, index }) => {
    if (index < 0 || seen.has(index)) return [];
    seen.add(index);
    return [{ ...sized[index]!, region: `${region} "${classes[label]}"` }];
  });
}

/** A chosen case as it goes into `results.jsonl`. */
export function packCase({ sample, region, proportion }: ChosenCase): Case {
  return {
    id: sample.id,
    region,
    proportion,
    image: packBytes(toRgb(sample)),
    truth: packBytes(Uint8Array.from(sample.mask)),
  };
}

/** Image values 0..1 as RGB bytes; an image without three channels shows its first one in gray. */
function toRgb({ image, channels, width, height }: Sample): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) {
      const value = image[pixel * channels + (channels === 3 ? c : 0)]!;
      rgb[pixel * 3 + c] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  }
  return rgb;
}
