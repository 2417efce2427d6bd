// Label masks from bytes, without Node: for pages.
export { DataError, type DataErrorCode } from './errors.js';
export { inOrderOf, type PlacedVolume } from './formats/nifti/same-place.js';
export { decodeImage, decodeMasks, type FileBytes } from './read/decode-masks.js';
export { parseLabelMap, type LabelMap } from './read/labels.js';
export { type LabelMask, type OpenedMasks, type OpenMasksOptions } from './read/mask-set.js';
export {
  checkPattern,
  filesByName,
  fitting,
  isPattern,
  pairByNames,
  separated,
  starsOf,
  type AmbiguousFiles,
  type PatternFiles,
  type PatternPairing,
} from './read/file-patterns.js';
export { pairImages, type NamedFiles } from './read/pair-names.js';
export { type Image } from './read/pixels.js';
export { IGNORED } from './samples/sample.js';
