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
  'blurred-border': 'readers draw larger and smaller',
  shifted: 'readers draw elsewhere',
};

/** The experiment with readers who disagree: volumes, and the maps themselves. */
export function posteriorSection({ posterior, ...profile }: LossProfile): Html {
  if (posterior.length === 0) return html``;
  return html`<h2>Where readers disagree</h2>
    <p>
      Several readers label the same image, not in the same way. The loss, averaged over the readers, is
      minimized over all predictions. Cross-entropy ends at the share of the readers at every pixel, and so
      keeps their mean volume. Other losses end elsewhere: the ratio says how much volume they add or take
      away.
    </p>
    <div class="charts">
      ${barFigure(posteriorChart({ posterior, ...profile }))}
      ${table({
        head: ['disagreement', "readers' volume", 'summed', 'counted', 'in where p above'],
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
    hard === 0 ? 'nothing is in' : range,
  ];
}

/** The readers' map and the prediction beside each other, dark where the foreground is certain. */
function maps({ name, size, posterior, prediction }: PosteriorResult): Html {
  const image = (shares: readonly number[], what: string) =>
    html`<img src="${grayMap(shares, size)}" width="120" height="120" alt="${what}, ${spaced(name)}" />`;
  return html`<figure>
    ${image(posterior, 'share of the readers')} ${image(prediction, 'best prediction')}
    <figcaption>${spaced(name)}: share of the readers, best prediction</figcaption>
  </figure>`;
}

function grayMap(shares: readonly number[], size: number): string {
  const rgb = Uint8Array.from(
    shares.flatMap((share) => Array<number>(3).fill(Math.round(255 * (1 - share)))),
  );
  return toDataUrl({ width: size, height: shares.length / size, rgb });
}

const spaced = (name: string) => name.replaceAll('-', ' ');
