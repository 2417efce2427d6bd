import { describe, expect, it } from '@jest/globals';
import { decode } from 'fast-png';
import { parseLoss } from '@segloss/losses';

import { penaltyOf } from '../src/benchmark/penalties.js';
import { html } from '../src/page/html.js';
import { renderReport } from '../src/benchmark/report/page.js';
import { thin } from '../src/page/pixels.js';
import { verdict } from '../src/benchmark/report/verdict.js';
import { summarize } from '../src/benchmark/summary.js';
import { fixtureEvents } from './fixture.js';

const page = renderReport(summarize(fixtureEvents()));

describe('the report', () => {
  it('needs no network and no script', () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|<link|@import|url\(|\bon\w+="/i);
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url!);
    expect(
      addresses.filter((url) => !url.startsWith('data:image/png;base64,') && !url.startsWith('#')),
    ).toEqual([]);
  });

  it('escapes what comes from the data', () => {
    expect(page).toContain('blobs &lt;b&gt;');
    expect(page).not.toContain('blobs <b>');
    expect(html`<p title="${'"<&'}">${['<i>', html`<b>x</b>`]}</p>`.text).toBe(
      '<p title="&quot;&lt;&amp;">&lt;i&gt;<b>x</b></p>',
    );
  });

  it('holds the table, every chart, the failed run and the method', () => {
    for (const text of [
      '0.610 ± 0.014',
      'Validation Dice',
      'p/q of &quot;lesion&quot;, soft',
      'p/q of &quot;lesion&quot;, hard',
      'Marginal penalty',
      'term l1 is NaN at epoch 1',
      'segloss demo',
      'learning rate 0.01',
    ]) {
      expect(page).toContain(text);
    }
    expect(page.match(/<svg/g)!.length).toBeGreaterThanOrEqual(3 + 3 + 1);
  });

  it('shows the truth and one prediction per loss, as PNG of the right size', () => {
    const urls = [...page.matchAll(/data:image\/png;base64,([^"]+)/g)].map(([, data]) => data!);
    expect(urls).toHaveLength(1 + 3);
    const pictures = urls.map((url) => decode(Buffer.from(url, 'base64')));
    expect(pictures.map(({ width, height, channels }) => [width, height, channels])).toEqual(
      Array(4).fill([16, 16, 3]),
    );
    // Pixel (15, 3) is background for all; pixel (4, 0) is found only in the prediction... of nobody.
    const [truth, prediction] = pictures;
    expect(Array.from(prediction!.data)).not.toEqual(Array.from(truth!.data));
    const corner = (picture: typeof truth) => Array.from(picture!.data.slice(-3));
    expect(corner(prediction)).toEqual(corner(truth));
  });

  it('is made even if no run finished', () => {
    const events = fixtureEvents().filter(({ type }) => type === 'experiment.start');
    const empty = renderReport(summarize(events));
    expect(empty).toContain('No run finished');
    expect(empty).toContain('it did not end');
  });
});

describe('the verdict', () => {
  const sentences = verdict(summarize(fixtureEvents()));

  it('names the best loss, the distance to the next, and which losses are too small or too large', () => {
    expect(sentences[0]).toMatch(
      /^ce \+ l1\(temperature=10\) has the highest validation Dice, 0\.800 over 1 seed; dice is 0\.090 behind, and one seed/,
    );
    expect(sentences.join(' ')).toContain('too small with ce (0.50)');
    expect(sentences.join(' ')).toContain('too large with dice (1.50)');
    expect(sentences.join(' ')).toContain('1 of 6 runs did not finish');
  });

  it('does not settle an order within the spread of the seeds', () => {
    const events = fixtureEvents().map((event) =>
      event.type === 'run.end' && event.scores !== undefined
        ? { ...event, scores: { ...event.scores, meanDice: 0.7 + 0.1 * event.seed } }
        : event,
    );
    expect(verdict(summarize(events))[0]).toContain('not settled');
  });

  it('says so when a constant prediction is as good', () => {
    const events = fixtureEvents().map((event) =>
      event.type === 'experiment.start'
        ? {
            ...event,
            trivial: event.trivial.map((one) => ({ ...one, scores: { ...one.scores, meanDice: 0.95 } })),
          }
        : event,
    );
    expect(verdict(summarize(events)).join(' ')).toContain(
      'No loss beats the constant prediction "all background"',
    );
  });
});

describe('pictures', () => {
  it('keeps every n-th pixel of an image that is too large', () => {
    expect(thin(4, 2, 4)).toEqual({ width: 4, height: 2, pixels: [0, 1, 2, 3, 4, 5, 6, 7] });
    expect(thin(4, 2, 2)).toEqual({ width: 2, height: 1, pixels: [0, 2] });
    expect(thin(5, 3, 3)).toEqual({ width: 3, height: 2, pixels: [0, 2, 4, 10, 12, 14] });
  });
});

describe('marginal penalties', () => {
  const curve = (spec: string) => penaltyOf(parseLoss(spec), 0.03);

  it('are least at the true proportion, except where the loss prefers no region', () => {
    expect(curve('ce').argmin).toBe(0.03);
    expect(curve('ce + 0.1*l1(temperature=10)').argmin).toBe(0.03);
    const dice = curve('dice');
    expect(dice.argmin).toBe(dice.points[0]![0]);
    expect(Math.min(...dice.points.map(([, value]) => value))).toBe(0);
  });

  it('leave out terms without a closed form, and say so', () => {
    expect(curve('ce + focal').unknown).toEqual(['focal']);
    expect(curve('focal')).toMatchObject({ points: [], argmin: null, unknown: ['focal'] });
  });
});
