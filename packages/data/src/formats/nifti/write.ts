import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { checkKeys } from '@segloss/common';
import { fromPixdim, spacingOf, type Affine, type NiftiForms } from './affine.js';

/** Where the voxels of a label volume are. */
export interface NiftiGeometry {
  /** Voxels: [depth, height, width]. */
  shape: readonly [depth: number, height: number, width: number];
  /** Distances of voxel centers in mm, in the order of `shape`; default: those of the affine, else 1. */
  spacing?: readonly number[];
  /**
   * What the header of the image says of its place, as `readNifti` gives it: the file gets the same qform and sform with the same
   * codes, and stays unplaced where the image is. Leave `spacing` and `affine` out.
   */
  forms?: NiftiForms;
  /** Maps a voxel (x, y, z, 1) = (width, height, depth, 1) to mm, as `readNifti` gives it; default: the spacing alone. */
  affine?: Affine;
}

const HEADER_BYTES = 348;
/** The header and four bytes that say that no extension follows. */
const OFFSET = HEADER_BYTES + 4;

/**
 * A label volume as a NIfTI-1 file (uint8, little-endian): predictions with the geometry of the image, for other tools.
 *
 * @param labels `[depth, height, width]` class indices, width varying fastest, as in `Sample.mask`.
 * @param geometry See {@link NiftiGeometry}; pass the `shape` and `forms` that `readNifti` gave.
 * @returns The bytes of a .nii file.
 * @throws {RangeError} If the labels do not fill the shape, a side is above 32767, or spacing and affine disagree.
 *
 * @example
 * ```ts
 * encodeNifti(Uint8Array.of(0, 1, 1, 0), { shape: [1, 2, 2], spacing: [3, 0.5, 0.5] }).length; // → 356
 * ```
 */
export function encodeNifti(labels: Uint8Array, geometry: NiftiGeometry): Uint8Array {
  const { shape, forms } = settled(labels, geometry);
  const { qform, sform } = forms;
  const bytes = new Uint8Array(OFFSET + labels.length);
  const view = new DataView(bytes.buffer);
  const [depth, height, width] = shape;
  view.setInt32(0, HEADER_BYTES, true);
  [3, width, height, depth, 1, 1, 1, 1].forEach((size, i) => view.setInt16(40 + 2 * i, size, true));
  view.setInt16(70, 2, true); // uint8
  view.setInt16(72, 8, true); // bits of a voxel
  [qform.handedness, ...qform.size, 0, 0, 0, 0].forEach((size, i) => view.setFloat32(76 + 4 * i, size, true));
  view.setFloat32(108, OFFSET, true);
  view.setFloat32(112, 1, true); // slope
  view.setUint8(123, 2); // mm
  view.setInt16(252, qform.code, true);
  view.setInt16(254, sform.code, true);
  [...qform.quaternion, ...qform.origin].forEach((value, i) => view.setFloat32(256 + 4 * i, value, true));
  sform.affine.flat().forEach((value, i) => view.setFloat32(280 + 4 * i, value, true));
  bytes.set(
    [...'n+1\0'].map((c) => c.charCodeAt(0)),
    344,
  );
  bytes.set(labels, OFFSET);
  return bytes;
}

/**
 * Writes what {@link encodeNifti} gives; compressed if the path ends in `.gz`.
 *
 * @example
 * ```ts
 * const { tmpdir } = await import('node:os');
 * const path = `${tmpdir()}/segloss-example.nii.gz`;
 * await writeNifti(path, Uint8Array.of(0, 7), { shape: [1, 1, 2] });
 * Array.from((await readNifti(path)).values); // → [0, 7]
 * ```
 */
export async function writeNifti(path: string, labels: Uint8Array, geometry: NiftiGeometry): Promise<void> {
  const bytes = encodeNifti(labels, geometry);
  await writeFile(path, path.endsWith('.gz') ? gzipSync(bytes) : bytes);
}

function settled(
  labels: Uint8Array,
  geometry: NiftiGeometry,
): { shape: NiftiGeometry['shape']; forms: NiftiForms } {
  checkKeys('encodeNifti', geometry, ['shape', 'spacing', 'affine', 'forms']);
  const { shape, spacing, forms } = geometry;
  if (!(labels instanceof Uint8Array)) throw new TypeError('encodeNifti: wanted labels as a Uint8Array');
  if (shape.length !== 3 || !shape.every((side) => Number.isInteger(side) && side > 0 && side <= 32767)) {
    throw new RangeError(
      `encodeNifti: wanted shape as [depth, height, width], each from 1 to 32767, got [${shape}]`,
    );
  }
  const voxels = shape[0] * shape[1] * shape[2];
  if (labels.length !== voxels) {
    throw new RangeError(
      `encodeNifti: wanted ${voxels} labels for the shape [${shape}], got ${labels.length}`,
    );
  }
  if (spacing && !(spacing.length === 3 && spacing.every((size) => size > 0 && Number.isFinite(size)))) {
    throw new RangeError(`encodeNifti: wanted spacing as three distances in mm, got [${spacing}]`);
  }
  if (forms !== undefined) {
    if (spacing === undefined && geometry.affine === undefined) return { shape, forms };
    throw new RangeError(
      'encodeNifti: wanted forms alone, got spacing or affine too, which they hold; leave those out',
    );
  }
  const affine = geometry.affine ?? fromPixdim([...(spacing ?? [1, 1, 1])].reverse());
  const own = spacingOf(affine);
  if (!own.every((size) => size > 0 && Number.isFinite(size))) {
    throw new RangeError('encodeNifti: wanted an affine whose columns are not zero');
  }
  if (spacing?.some((size, i) => Math.abs(size - own[i]!) > 1e-3 * size)) {
    throw new RangeError(
      `encodeNifti: the affine has steps of [${own}] mm, but spacing is [${spacing}]; leave spacing out`,
    );
  }
  const none = { code: 0, quaternion: [0, 0, 0], origin: [0, 0, 0], size: [own[2], own[1], own[0]] };
  // The sform says where the voxels are in the scanner.
  return { shape, forms: { qform: { ...none, handedness: 1 }, sform: { code: 1, affine } } };
}
