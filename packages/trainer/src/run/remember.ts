import { totalmem } from 'node:os';

import { type Sample, type SampleSource } from '@segloss/data';

/**
 * Sources that keep what they have loaded, as long as all of them together take no more than the given bytes (a quarter of the
 * machine's memory by default); the rest is read each time.
 */
export function remembering(sources: readonly SampleSource[], most = totalmem() / 4): SampleSource[] {
  let bytes = 0;
  return sources.map((source) => {
    let kept: Promise<Sample> | undefined;
    return {
      ...source,
      load() {
        if (kept !== undefined) return kept;
        const loading = source.load();
        return loading.then((sample) => {
          const size = sample.image.byteLength + sample.mask.byteLength;
          if (kept === undefined && bytes + size <= most) {
            bytes += size;
            kept = loading;
          }
          return sample;
        });
      },
    };
  });
}
