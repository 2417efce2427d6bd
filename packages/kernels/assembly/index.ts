// Kernels over tfjs's own wasm memory: every pointer is the byte offset of a float32 tensor. No static data, no heap.
export { addParts, conv2dFilterGradient } from './filter-gradient';
export { conv2dInputGradient, flipFilter, swapFilter } from './input-gradient';
export { maxPoolGradient } from './max-pool';
export { transformFilter, winogradBlocks, winogradConvolution, winogradFilterGradient, winogradFilterSum } from './winograd';
export { winogradFilterBytes, winogradScratch, winogradSumBytes } from './winograd';
export { centeredProductSum, columnSum } from './reduce';
export { normalizeColumns, scaleColumns } from './batch-norm';
export { batchNormGradient, batchNormGradientSums, columnShifts, momentSums, normalizeBatch } from './batch-norm-training';
export { copyRows } from './copy';
export { regionGradient, regionScratch, regionSums } from './region-statistics';
export { reluGradient } from './relu';
export { focalGradient, focalScratch, focalSums } from './focal';
export { softmaxIndexGradient, softmaxIndexScratch, softmaxIndexSums } from './softmax-indices';
export { readIndices } from './labels';
export { focalIndexGradient, focalIndexScratch, focalIndexSums } from './focal-indices';
export { adamParts, adamUpdate } from './adam';
export { convolveRows, packFilter, packTransposed, packedBytes, rowScratch } from './row-convolution';
