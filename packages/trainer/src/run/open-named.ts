import { DataError, isBuiltIn, openBuiltIn, openDataset, type SegmentationDataset } from '@segloss/data';

/** How the files of a data set are read. */
export interface ReadOptions {
  readonly background?: 0 | null;
  /** Volumes as they are, instead of their slices. */
  readonly volumes?: 'whole';
  /** Values of volumes that become 0 and 1. */
  readonly window?: readonly [number, number];
}

/**
 * Opens a folder, or a built-in data set such as `demo`.
 *
 * @throws {DataError} If volumes are wanted and the data are images.
 */
export async function openNamed(
  folder: string,
  { background, ...volumes }: ReadOptions = {},
): Promise<SegmentationDataset> {
  const options = background === undefined ? {} : { background };
  if (isBuiltIn(folder)) {
    if (Object.keys(volumes).length > 0) throw noVolumes(folder);
    return { ...(await openBuiltIn(folder)), ...options };
  }
  try {
    return await openDataset(folder, { ...options, ...volumes });
  } catch (error) {
    throw error instanceof RangeError ? noVolumes(folder, error) : error; // an option that is none of its layout
  }
}

function noVolumes(folder: string, cause?: Error): DataError {
  const keys =
    'data.volumes and data.intensityRange are for NIfTI volumes with a dataset.json, as MSD and nnU-Net have it';
  const why = cause === undefined ? '' : ` (${cause.message})`;
  return new DataError(`${folder} holds images: ${keys}; leave them out${why}`, 'no-data');
}
