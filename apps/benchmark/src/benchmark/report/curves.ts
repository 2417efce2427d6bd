import { type Series } from '@segloss/charts';

import type { EventOf } from '../events.js';
import type { LossSummary, Summary } from '../summary.js';
import { figure } from '../../page/figure.js';
import { type Html } from '../../page/html.js';

type Epoch = EventOf<'epoch'>;

/** A proportion ratio below this is drawn here: a logarithmic axis has no 0. */
const smallestRatio = 0.01;

/** Mean over seeds at every epoch, with the range of the seeds as a band; epochs are counted from 1. */
function series(name: string, loss: LossSummary, value: (epoch: Epoch) => number): Series {
  const byEpoch = new Map<number, number[]>();
  for (const epoch of loss.runs.flatMap((run) => run.epochs)) {
    const y = value(epoch);
    if (Number.isFinite(y)) byEpoch.set(epoch.epoch + 1, [...(byEpoch.get(epoch.epoch + 1) ?? []), y]);
  }
  const entries = [...byEpoch].sort(([a], [b]) => a - b);
  const points = entries.map(([x, ys]): [number, number] => [x, ys.reduce((a, b) => a + b, 0) / ys.length]);
  const band = entries.map(([x, ys]): [number, number, number] => [x, Math.min(...ys), Math.max(...ys)]);
  return loss.runs.length > 1 ? { name, points, band } : { name, points };
}

/** Validation Dice of all losses. */
export function diceChart(summary: Summary): Html {
  return figure({
    title: 'Validation Dice',
    description: 'Mean Dice on the validation images after every epoch, one line for each loss.',
    x: { label: 'epoch' },
    y: { label: 'Dice' },
    series: summary.losses.map((loss) => series(loss.spec, loss, (epoch) => epoch.val.meanDice)),
  });
}

/** Predicted / true proportion of one class over the epochs, with a line where they are equal. */
export function ratioChart(summary: Summary, kind: 'soft' | 'hard'): Html {
  const { rareClass, start } = summary;
  const name = start.data.classes[rareClass] ?? '';
  const how = kind === 'soft' ? 'probabilities summed' : 'pixels counted';
  return figure({
    title: `p/q of "${name}", ${kind}`,
    description: `Predicted / true proportion of "${name}" on the validation images after every epoch (${how}).`,
    x: { label: 'epoch' },
    y: { label: 'predicted / true proportion', scale: 'log' },
    series: summary.losses.map((loss) =>
      series(loss.spec, loss, ({ val }) =>
        Math.max(smallestRatio, (val[kind][rareClass] ?? NaN) / (val.truth[rareClass] ?? NaN)),
      ),
    ),
    marks: [{ y: 1, label: 'p = q' }],
  });
}

/** The training loss of one spec, and its terms without their weights. */
export function lossChart(loss: LossSummary): Html {
  const names = [
    ...new Set(loss.runs.flatMap((run) => run.epochs.flatMap((epoch) => Object.keys(epoch.terms)))),
  ];
  const total = series('training, total', loss, (epoch) => epoch.loss);
  const validation = series('validation, total', loss, (epoch) => epoch.val.loss);
  const terms = names.map((name) => series(`training, ${name}`, loss, (epoch) => epoch.terms[name] ?? NaN));
  return figure({
    title: loss.spec,
    description: `Training and validation loss of ${loss.spec} by epoch, with its unweighted terms.`,
    x: { label: 'epoch' },
    y: { label: 'loss' },
    series: [total, { ...validation, dash: '4 4' }, ...(names.length > 1 ? terms : [])],
  });
}
