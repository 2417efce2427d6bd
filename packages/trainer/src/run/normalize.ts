import { DataError, type Sample } from '@segloss/data/samples';

import type { RunConfig } from '../config/schema.js';

/** (x - mean) / std of each channel, as the configuration says; the mask stays. `auto`, where no plan has replaced it, is `none`. */
export function normalizer(normalize: RunConfig['data']['normalize']): (sample: Sample) => Sample {
  if (typeof normalize === 'string') return (sample) => sample;
  const { mean, std } = normalize;
  return (sample) => {
    const { channels, image, id } = sample;
    if (channels !== mean.length) {
      throw new DataError(
        `data.normalize: wanted images of ${mean.length} channels, got ${channels} in ${id}; give a mean and a std for each`,
      );
    }
    const values = new Float32Array(image.length);
    for (let i = 0; i < image.length; i += channels) {
      for (let k = 0; k < channels; k++) values[i + k] = (image[i + k]! - mean[k]!) / std[k]!;
    }
    return { ...sample, image: values };
  };
}

/** The inverse of {@link normalizer}, for showing an image. */
export function denormalizer(normalize: RunConfig['data']['normalize']): (sample: Sample) => Sample {
  if (typeof normalize === 'string') return (sample) => sample;
  const { mean, std } = normalize;
  return (sample) => ({
    ...sample,
    image: sample.image.map((value, i) => value * std[i % mean.length]! + mean[i % mean.length]!),
  });
}
