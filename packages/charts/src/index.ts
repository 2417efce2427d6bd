export { lineChart } from './line-chart.js';
export { seriesTable } from './table.js';
export type { AxisOptions, LineChartOptions, Mark, Series } from './types.js';
export {
  scatterChart,
  type ScatterChartOptions,
  type ScatterPoint,
  type ScatterSeries,
} from './scatter-chart.js';
