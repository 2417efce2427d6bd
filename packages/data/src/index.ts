export * from './augment/index.js';
export * from './check/index.js';
export * from './formats/coco/index.js';
export { DataError, type DataErrorCode } from './errors.js';
export { type LabelMap } from './read/labels.js';
export { openDataset } from './layouts/open-dataset.js';
export { type OpenDatasetOptions } from './layouts/layout.js';
export * from './loader/index.js';
export * from './formats/nifti/index.js';
export { type Origin } from './read/origin.js';
export { randomStream, shuffled, type RandomStream } from './samples/random.js';
export { readImage, readMask, type Image, type Mask } from './read/read.js';
export { demoDataset, syntheticDataset, type SyntheticOptions } from './samples/synthetic.js';
export { classProportions, loadAll, resizeSample, spread } from './samples/transforms.js';
export {
  IGNORED,
  type Sample,
  type SampleSource,
  type SegmentationDataset,
  type Volume,
} from './samples/sample.js';
export { readImageVolume, sliceOf, type SliceAxis, type Window } from './read/volumes.js';
