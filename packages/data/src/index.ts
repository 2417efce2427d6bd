export * from './augment/index.js';
export { DataError, type DataErrorCode } from './errors.js';
export { openDataset } from './layouts/open-dataset.js';
export { type OpenDatasetOptions } from './layouts/layout.js';
export { randomStream, shuffled, type RandomStream } from './random.js';
export { readImage, readMask, type Image, type Mask } from './read.js';
export { demoDataset, syntheticDataset, type SyntheticOptions } from './synthetic.js';
export { classProportions, loadAll, resizeSample, spread } from './transforms.js';
export { IGNORED, type Sample, type SampleSource, type SegmentationDataset } from './types.js';
