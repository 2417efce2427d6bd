import type { LossProfile, PosteriorResult } from '@segloss/bias';

import { barFigure } from '../page/figure.js';
import { html, type Html } from '../page/html.js';
import { toDataUrl } from '../page/pixels.js';
import { table, type Cell } from '../page/table.js';
import { posteriorChart } from './charts.js';
import { factor, percent } from './words.js';

/** What each experiment is about, by name. */
const MEANING: Readonly<Record<string, string>> = {
  'label-noise': 'labels flip at random',
  'blurred-border': 'annotators draw the region larger or smaller',
  shifted: 'annotators draw the region elsewhere',
};

/** The experiment with annotators who disagree: volumes, and the maps themselves. */
export function posteriorSection({ posterior, ...profile }: LossProfile): Html {
  if (posterior.length === 0) return html``;
  return html`<h2>Where annotators disagree</h2>
    <p>
      Several annotators label the same image differently. The loss, averaged over the annotators, is
      minimized over all predictions. Under cross-entropy the best prediction is the share of annotators who
      marked each pixel, so it has the mean of their volumes. Under other losses it has another volume: the
      ratio shows how much larger or smaller.
    </p>
    <div class="charts">
      ${barFigure(posteriorChart({ posterior, ...profile }))}
      ${table({
        head: ['disagreement', "annotators' volume", 'summed', 'counted', 'foreground where p above'],
        rows: posterior.map(row),
      })}
    </div>
    <div class="maps">${posterior.map(maps)}</div>`;
}

function row({ name, volume, hard, softRatio, hardRatio, threshold }: PosteriorResult): Cell[] {
  const range =
    threshold === null ? 'no threshold' : `${threshold.low.toFixed(2)}–${threshold.high.toFixed(2)}`;
  return [
    html`${spaced(name)} <small>${MEANING[name] ?? ''}</small>`,
    percent(volume),
    factor(softRatio),
    factor(hardRatio),
    hard === 0 ? 'no foreground' : range,
  ];
}

/** The annotators' map and the prediction beside each other, dark where the foreground is certain. */
function maps({ name, size, posterior, prediction }: PosteriorResult): Html {
  const image = (shares: readonly number[], what: string) =>
    html`<img src="${grayMap(shares, size)}" width="120" height="120" alt="${what}, ${spaced(name)}" />`;
  return html`<figure>
    ${image(posterior, 'share of the annotators')} ${image(prediction, 'best prediction')}
    <figcaption>${spaced(name)}: share of the annotators, best prediction</figcaption>
  </figure>`;
}

function grayMap(shares: readonly number[], size: number): string {
  const rgb = Uint8Array.from(
    shares.flatMap((share) => Array<number>(3).fill(Math.round(255 * (1 - share)))),
  );
  return toDataUrl({ width: size, height: shares.length / size, rgb });
}

const spaced = (name: string) => name.replaceAll('-', ' ');
