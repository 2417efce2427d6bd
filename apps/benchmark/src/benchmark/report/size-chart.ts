import { stripChart, type StripChartOptions } from '@segloss/charts';

import { html, raw, type Html } from '../../page/html.js';
import { type TrainedSize } from '../region-sizes.js';

/** Returns the picture of the report: where every training ended, by data set and loss. Empty for fewer than two trainings. */
export function sizeChart(trainings: readonly TrainedSize[]): Html {
  if (trainings.length < 2) return html``;
  return html`<figure>${raw(stripChart(sizeChartOptions(trainings)))}</figure>`;
}

/** Pages with more dots are too large to open. */
const MOST_DOTS = 1500;

/** Where every training ended, as a strip chart; of very many trainings some of each row, evenly from the smallest size to the largest. */
export function sizeChartOptions(trainings: readonly TrainedSize[]): StripChartOptions {
  const rowCount = new Set(trainings.map(({ set, name }) => JSON.stringify([set, name]))).size;
  const most = Math.max(5, Math.floor(MOST_DOTS / (2 * rowCount)));
  const thinned = 2 * trainings.length > MOST_DOTS;
  const shown = (sizes: readonly number[]) => (thinned ? evenly(sizes, most) : sizes).map(drawable);
  return {
    title: thinned
      ? `Predicted / true size, up to ${most} trainings of each row, from the smallest size to the largest`
      : 'Predicted / true size, one dot for each training',
    description:
      'Rows are losses. Rings: probabilities summed; disks: pixels of the mask. At 1 the size is right; 0 means that no region is left.',
    value: { label: 'predicted / true size (p/q)', scale: 'log', domain: domainOf(trainings) },
    kinds: ['probabilities (soft)', 'mask (hard)'],
    marks: [{ x: 1, label: 'true size' }],
    groups: [...new Set(trainings.map(({ set }) => set))].map((set) => ({
      title: set,
      rows: [...new Set(trainings.map(({ name }) => name))].flatMap((name) => {
        const own = trainings.filter((one) => one.set === set && one.name === name);
        const strips = [shown(own.map(({ soft }) => soft)), shown(own.map(({ hard }) => hard))];
        return own.length === 0 ? [] : [{ name, strips: strips.map((values) => ({ values })) }];
      }),
    })),
  };
}

/** Returns the values, or a sample of them evenly by rank that has the least and the largest. */
function evenly(values: readonly number[], most: number): number[] {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length <= most) return sorted;
  return Array.from({ length: most }, (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (most - 1))]!);
}

/** Below this share of the true size a region counts as gone. */
const GONE = 0.05;

const drawable = (ratio: number): number => (ratio < GONE ? 0 : ratio);

/** From where a region counts as gone to ten times the true size, or as far as a training went. */
function domainOf(trainings: readonly TrainedSize[]): [number, number] {
  const largest = trainings.reduce((most, { soft, hard }) => Math.max(most, soft || 0, hard || 0), 0);
  return [GONE, Math.max(10, largest)];
}
