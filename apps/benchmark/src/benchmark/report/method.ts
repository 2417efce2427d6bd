import type { Summary } from '../summary.js';
import { hd95Convention } from '../table.js';
import { factsTable } from '../../page/facts.js';
import { html, type Html } from '../../page/html.js';

/** Everything needed to do the experiment again, and to know what its numbers mean. */
export function method(summary: Summary): Html {
  const { start } = summary;
  const { data, settings } = start;
  const runs = summary.losses.flatMap((loss) => loss.runs);
  const backends = new Set(
    runs.flatMap(({ backend }) => (backend === undefined ? [] : [`${backend.name}: ${backend.reason}`])),
  );
  const parameters = runs.find((run) => run.parameters !== undefined)?.parameters;
  const percent = (share: readonly number[]) =>
    data.classes.map((name, k) => `${name} ${(100 * (share[k] ?? NaN)).toFixed(2)} %`).join(', ');
  const sources = start.losses.flatMap((loss) => loss.sources);
  const rows: [string, string | Html][] = [
    ['command', html`<code>${start.command}</code>`],
    ['data', `${data.name}: ${data.description}`],
    [
      'images',
      `${data.train} for training, ${data.val} for validation, ${data.height}x${data.width}, ${data.channels} channel${data.channels === 1 ? '' : 's'}`,
    ],
    [
      'true proportions',
      `training: ${percent(data.trainTruth)}. Validation: ${percent(data.valTruth)}. Pixels without a label do not count.`,
    ],
    [
      'network',
      `U-Net, ${settings.widths.join('-')} filters, ${settings.norm === 'batch' ? 'batch' : 'no'} normalization, ${parameters ?? 'unknown number of'} parameters; the same initial weights for every loss with the same seed`,
    ],
    [
      'training',
      `${settings.epochs} epochs, batch ${settings.batchSize}, Adam with learning rate ${settings.learningRate} x (1 - epoch/epochs)^0.9, random flips; the last epoch counts, none is selected on validation`,
    ],
    ['seeds', settings.seeds.join(', ')],
    ['backend', [...backends].join('; ') || 'none started'],
    [
      'own losses',
      sources.length === 0
        ? 'none'
        : html`${sources.map((one) => html`<code>${one.name}</code>: ${one.path}, sha256 <code>${one.sha256}</code><br />`)}`,
    ],
    [
      'Dice, IoU',
      'from pixel counts over the whole validation set; a class absent from truth and prediction has no score; means skip it',
    ],
    ['HD95', hd95Convention],
    [
      'p/q',
      'predicted over true proportion on the validation set; soft: mean probability, hard: share of pixels whose most probable class it is',
    ],
    ['±', 'sample standard deviation over seeds'],
    ['started', start.time],
    [
      'wall time',
      Number.isNaN(summary.seconds)
        ? 'not finished'
        : `${summary.seconds.toFixed(0)} s with ${settings.jobs} job${settings.jobs === 1 ? '' : 's'}`,
    ],
    ...Object.entries(start.environment),
  ];
  return factsTable(rows);
}
