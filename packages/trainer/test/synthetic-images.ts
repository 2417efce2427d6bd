import { loadAll, syntheticDataset, type Sample } from '@segloss/data/samples';

/** Generated images, in memory. */
export interface SyntheticImages {
  readonly classes: readonly string[];
  readonly train: Sample[];
  readonly val: Sample[];
}

/** Loads all images of a synthetic data set. */
export async function syntheticImages(
  options: Parameters<typeof syntheticDataset>[0],
): Promise<SyntheticImages> {
  const { train, val, classes } = syntheticDataset(options);
  return { train: await loadAll(train), val: await loadAll(val), classes };
}
