// Everything of this package that needs no Node: for pages and for the training loop.
export * from './augment/index.js';
export { DataError, type DataErrorCode } from './errors.js';
export { foldOf, type FoldOptions } from './samples/folds.js';
export { IntensityRange } from './samples/intensities.js';
export { randomStream, shuffled, type RandomStream } from './samples/random.js';
export {
  IGNORED,
  type Sample,
  type SampleSource,
  type SegmentationDataset,
  type Volume,
  type WantedParts,
} from './samples/sample.js';
export { sliceOf, type SliceAxis } from './samples/slices.js';
export { demoDataset, syntheticDataset, type SyntheticOptions } from './samples/synthetic.js';
export {
  padVolume,
  paddingBefore,
  resampleVolume,
  resizeVolume,
  type VolumeSize,
} from './samples/volumes.js';
export { classProportions, loadAll, resizeSample, spread } from './samples/transforms.js';
