export { checkDataset, type DatasetReport, type Finding, type NearDuplicate } from './check-dataset.js';
export { REGION_BINS, type SplitReport } from './split-tally.js';
