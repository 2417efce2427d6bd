import { DataError, isBuiltIn, openBuiltIn, openDataset, type SegmentationDataset } from '@segloss/data';

/** How the files of a data set are read. */
export interface ReadOptions {
  readonly background?: 0 | null;
  /** Volumes as they are, instead of their slices. */
  readonly volumes?: 'whole';
  /** Values of volumes that become 0 and 1. */
  readonly window?: readonly [number, number];
  /** Patterns of the files, as in `openDataset`. */
  readonly images?: string;
  readonly masks?: string;
}

/**
 * Opens a folder, or a built-in data set such as `demo`.
 *
 * @throws {DataError} If volumes are wanted and the data are images.
 */
export async function openNamed(
  folder: string,
  { background, images, masks, ...volumes }: ReadOptions = {},
): Promise<SegmentationDataset> {
  const options = {
    ...(background !== undefined && { background }),
    ...(images !== undefined && { images }),
    ...(masks !== undefined && { masks }),
  };
  if (isBuiltIn(folder)) {
    if (images !== undefined || masks !== undefined) throw new DataError(`${folder} is built in and has no files: data.images and data.masks are for a folder; leave them out`, 'no-data'); // prettier-ignore
    if (Object.keys(volumes).length > 0) throw noVolumes(folder);
    return { ...(await openBuiltIn(folder)), ...(background !== undefined && { background }) };
  }
  try {
    return await openDataset(folder, { ...options, ...volumes });
  } catch (error) {
    const { message } = error as Error;
    const idle = error instanceof RangeError && /: (volumes|window) means nothing/.test(message); // to its layout
    if (idle) throw noVolumes(folder, error);
    throw error instanceof RangeError ? new DataError(error.message, 'no-data') : error;
  }
}

function noVolumes(folder: string, cause?: Error): DataError {
  const keys =
    'data.volumes and data.intensityRange are for NIfTI volumes, with a dataset.json as MSD and nnU-Net have it, or named by data.images and data.masks';
  const why = cause === undefined ? '' : ` (${cause.message})`;
  return new DataError(`${folder} holds images: ${keys}; leave them out${why}`, 'no-data');
}
