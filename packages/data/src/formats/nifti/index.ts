export { type Affine, type AffineRow, type NiftiForms } from './affine.js';
export { readNifti, type NiftiVolume } from './read.js';
export { splitNiftiChannels } from './split-channels.js';
export { encodeNifti, writeNifti, type NiftiGeometry } from './write.js';
export { inOrderOf, type PlacedVolume } from './same-place.js';
