export { backends, describeEachBackend, type TestBackend } from './backends.js';
export { contractSpecs } from './contract-cases.js';
export {
  goldenFile,
  sharedData,
  sharedFolder,
  type GoldenCase,
  type GoldenFile,
  type GoldenInput,
  type GoldenNumber,
} from './golden.js';
export {
  docCommentBlocks,
  markdownBlocks,
  runExample,
  shellCommands,
  withChecks,
  type CodeBlock,
} from './examples/index.js';
export { tensorLeaks } from './leaks.js';
export { allClose, finiteDifferenceGradient, maxError, maxRelativeError } from './numbers.js';
export { garbageCollector } from './garbage.js';
export { numbers, type Numbers } from './random.js';
export { pythonWith } from './python.js';
export { root } from './root.js';
export { shard, shardOf, type Part } from './shard.js';
