export { lossCard, type CardPenalty, type CardTerm, type LossCard } from './card/card.js';
export { renderCard } from './card/page.js';
export { readEvents, type Event, type EventOf, type Scores } from './events.js';
export { renderReport } from './report/page.js';
export { summarize, type LossSummary, type Result, type Run, type Summary } from './summary.js';
export { type Statistic } from './statistics.js';
export { leaderboard, toCsv, toMarkdown, type Leaderboard } from './table.js';
