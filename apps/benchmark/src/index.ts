export { lossCard, type CardPenalty, type CardTerm, type LossCard } from './card/card.js';
export { renderCard } from './card/page.js';
export { readEvents, type Event, type EventOf, type Scores } from './benchmark/events.js';
export { renderReport } from './benchmark/report/page.js';
export { summarize, type LossSummary, type Result, type Run, type Summary } from './benchmark/summary.js';
export { type Statistic } from './benchmark/statistics.js';
export { leaderboard, toCsv, toMarkdown, type Leaderboard } from './benchmark/table.js';
