export { checkDataset, type DatasetReport, type NearDuplicate } from './check-dataset.js';
export { REGION_BINS, type SplitReport } from './split-tally.js';
export { assertTrainable } from './trainable.js';
