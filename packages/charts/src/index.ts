export { barChart } from './bar-chart.js';
export { MARGIN as lineChartMargin, lineChart } from './line-chart.js';
export { seriesLook } from './palette.js';
export { panelChart } from './panel-chart.js';
export { simplexChart } from './simplex-chart.js';
export { barTable, panelTable, seriesTable, simplexTable } from './table.js';
export type {
  AxisOptions,
  Bar,
  BarChartOptions,
  LineChartOptions,
  Mark,
  Panel,
  PanelChartOptions,
  Proportions,
  Series,
  SimplexChartOptions,
  SimplexPoint,
} from './types.js';
export {
  scatterChart,
  type ScatterChartOptions,
  type ScatterPoint,
  type ScatterSeries,
} from './scatter-chart.js';
export {
  stripChart,
  type Strip,
  type StripChartOptions,
  type StripGroup,
  type StripRow,
} from './strip-chart.js';
export { rankChart, type RankChartOptions, type RankRow } from './rank-chart.js';
export {
  significanceChart,
  type SignificanceCell,
  type SignificanceChartOptions,
} from './significance-chart.js';
