export { lossCard, type CardTerm, type LossCard } from './card/card.js';
export { type SizePenalty } from './page/size-penalty.js';
export { renderCard } from './card/page.js';
export {
  readResults,
  type CellResult,
  type CellScores,
  type Results,
  type Weights,
} from './benchmark/results.js';
export { type ConstantPrediction } from './benchmark/constant-predictions.js';
export { measureForces, type MeasuredForce, type MeasuredForces } from './benchmark/measured-forces.js';
export { renderReport } from './benchmark/report/page.js';
export {
  leaderboard,
  type Column,
  type Leaderboard,
  type Row,
  type Section,
  type SectionData,
} from './benchmark/table.js';
export { toCsv, toMarkdown } from './benchmark/table-formats.js';
