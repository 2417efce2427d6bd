export { comparePairs, type Comparison } from './compare.js';
export { fisherExact, type Counts } from './fisher.js';
export { hierarchicalMean, type BootstrapOptions, type HierarchicalMean } from './hierarchical-interval.js';
export { holm } from './holm.js';
export { averageRanks, ranksOf, type AverageRank, type LossTables } from './ranks.js';
export { caseMeans, meanOfDefined, pairedDifferences, type ScoreTable } from './score-table.js';
export { signedRank, type SignedRank } from './signed-rank.js';
