import { stripChart, type StripChartOptions } from '@segloss/charts';

import { html, raw, type Html } from '../../page/html.js';
import { type TrainedSize } from '../region-sizes.js';

/** Returns the picture of the report: where every training ended, by data set and loss. Empty for fewer than two trainings. */
export function sizeChart(trainings: readonly TrainedSize[]): Html {
  if (trainings.length < 2) return html``;
  return html`<figure>${raw(stripChart(sizeChartOptions(trainings)))}</figure>`;
}

/** Where every training ended, as a strip chart. */
export function sizeChartOptions(trainings: readonly TrainedSize[]): StripChartOptions {
  return {
    title: 'Predicted / true size, one dot for each training',
    description:
      'Rows are losses. Rings: probabilities summed; disks: pixels of the mask. At 1 the size is right; 0 means that no region is left.',
    value: { label: 'predicted / true size (p/q)', scale: 'log', domain: domainOf(trainings) },
    kinds: ['probabilities (soft)', 'mask (hard)'],
    marks: [{ x: 1, label: 'true size' }],
    groups: [...new Set(trainings.map(({ set }) => set))].map((set) => ({
      title: set,
      rows: [...new Set(trainings.map(({ name }) => name))].flatMap((name) => {
        const own = trainings.filter((one) => one.set === set && one.name === name);
        const strips = [own.map(({ soft }) => drawable(soft)), own.map(({ hard }) => drawable(hard))];
        return own.length === 0 ? [] : [{ name, strips: strips.map((values) => ({ values })) }];
      }),
    })),
  };
}

/** Below this share of the true size a region counts as gone. */
const GONE = 0.05;

const drawable = (ratio: number): number => (ratio < GONE ? 0 : ratio);

/** From where a region counts as gone to ten times the true size, or as far as a training went. */
function domainOf(trainings: readonly TrainedSize[]): [number, number] {
  const largest = trainings.reduce((most, { soft, hard }) => Math.max(most, soft || 0, hard || 0), 0);
  return [GONE, Math.max(10, largest)];
}
