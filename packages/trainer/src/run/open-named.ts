import { isBuiltIn, openBuiltIn, openDataset, type SegmentationDataset } from '@segloss/data';

/** Opens a folder, or a built-in data set such as `demo`. */
export async function openNamed(folder: string, background?: 0 | null): Promise<SegmentationDataset> {
  const options = background === undefined ? {} : { background };
  return isBuiltIn(folder) ? { ...(await openBuiltIn(folder)), ...options } : openDataset(folder, options);
}
