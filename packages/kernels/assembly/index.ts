// Kernels over tfjs's own wasm memory: every pointer is the byte offset of a float32 tensor. No static data, no heap.
export { conv2dFilterGradient } from './filter-gradient';
export { conv2dInputGradient, flipFilter, swapFilter } from './input-gradient';
export { maxPoolGradient, maxPoolGradientParts } from './max-pool';
export { transformFilter, winogradConvolution, winogradFilterGradient, winogradGradientScratch, winogradScratch } from './winograd';
export { centeredProductSum, centeredSquareSum, columnSum } from './reduce';
export { combineColumns, normalizeColumns, scaleColumns } from './batch-norm';
export { copyRows } from './copy';
export { regionGradient, regionScratch, regionSums } from './region-statistics';
export { reluGradient, reluGradientParts } from './relu';
export { focalGradient, focalScratch, focalSums } from './focal';
export { softmaxIndexGradient, softmaxIndexScratch, softmaxIndexSums } from './softmax-indices';
export { readIndices } from './labels';
export { focalIndexGradient, focalIndexScratch, focalIndexSums } from './focal-indices';
