import { describe, expect, it } from '@jest/globals';

import { readEvents, stamp } from '../src/benchmark/events.js';
import { format, statistic } from '../src/benchmark/statistics.js';
import { failedRuns, rarestClass, scoredClasses, summarize } from '../src/benchmark/summary.js';
import { leaderboard, toCsv, toMarkdown, toTerminal } from '../src/benchmark/table.js';
import { fixtureEvents, scores } from './fixture.js';
import pc from 'picocolors';

const plain = pc.createColors(false);
const lines = (events = fixtureEvents()) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

describe('statistics', () => {
  it('divides the squares by one less than their number', () => {
    expect(statistic([1, 2, 3])).toEqual({ mean: 2, std: 1, count: 3 });
  });

  it('leaves out scores that do not exist', () => {
    expect(statistic([NaN, 4])).toEqual({ mean: 4, std: NaN, count: 1 });
    expect(format(statistic([NaN]), 2)).toBe('n/a');
    expect(format(statistic([0.5]), 2)).toBe('0.50');
    expect(format(statistic([0.25, 0.75]), 2)).toBe('0.50 ± 0.35');
  });
});

describe('results.jsonl', () => {
  it('reads back what was written, with NaN for scores that do not exist', () => {
    const events = readEvents(lines());
    expect(events).toEqual(fixtureEvents().map((event, i) => ({ ...event, time: events[i]!.time })));
    const end = events.find((event) => event.type === 'run.end');
    expect(end?.scores?.hd95[0]).toBeNaN();
  });

  it('leaves out a last line that was cut short', () => {
    expect(readEvents(lines().slice(0, -20))).toHaveLength(fixtureEvents().length - 1);
  });

  it('names the line that is not an event', () => {
    expect(() => readEvents(`${lines()}{"type":"other"}\n`)).toThrow(`on line ${fixtureEvents().length + 1}`);
    expect(() => readEvents(`oops\n${lines()}`)).toThrow('wanted JSON on line 1, got "oops"');
  });
});

describe('summary', () => {
  it('takes mean and spread over the seeds that finished, and marks the best Dice', () => {
    const { losses, rareClass } = summarize(fixtureEvents());
    expect(losses.map((loss) => loss.result.dice.count)).toEqual([2, 2, 1]);
    expect(losses[0]!.result.dice.mean).toBeCloseTo(0.61, 10);
    expect(losses[0]!.result.hardRatio[rareClass]!.mean).toBeCloseTo(0.5, 10);
    expect(losses.map((loss) => loss.best)).toEqual([false, false, true]);
  });

  it('does not depend on the order in which runs finished', () => {
    const events = fixtureEvents();
    const [start, ...rest] = events;
    expect(summarize([start!, ...rest.reverse()])).toEqual(summarize(events));
  });

  it('keeps runs that diverged, and runs that never ended, with the reason', () => {
    const events = fixtureEvents();
    const without = events.filter((event) => event.type !== 'run.end' || event.run !== 'ce · seed 0');
    expect(failedRuns(summarize(without)).map(({ run, status }) => [run, status])).toEqual([
      ['ce · seed 0', 'missing'],
      ['ce + l1(temperature=10) · seed 1', 'diverged'],
    ]);
  });

  it('has no best loss when no run finished', () => {
    const events = fixtureEvents().filter((event) => event.type !== 'run.end');
    expect(summarize(events).losses.some((loss) => loss.best)).toBe(false);
  });

  it('averages the foreground of two classes, and all of more; the rarest class must be present', () => {
    expect(scoredClasses(['background', 'lesion'])).toEqual([1]);
    expect(scoredClasses(['sky', 'road', 'car'])).toEqual([0, 1, 2]);
    expect(rarestClass(['sky', 'road', 'car'], [0.7, 0.3, 0])).toBe(1);
    expect(rarestClass(['background', 'lesion'], [0.02, 0.98])).toBe(1);
  });
});

describe('tables', () => {
  const board = leaderboard(summarize(fixtureEvents()));

  it('puts the trivial predictors under the losses', () => {
    expect(board.rows.map((row) => [row.name, row.runs])).toEqual([
      ['ce', '2/2'],
      ['dice', '2/2'],
      ['ce + l1(temperature=10)', '1/2'],
      ['all background', '–'],
    ]);
  });

  it('prints mean ± deviation, the best marked, without colors where there are none', () => {
    const text = toTerminal(board, plain);
    expect(text).toContain('0.610 ± 0.014');
    expect(text).toMatch(/ce \+ l1\(temperature=10\) \*/);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('HD95 in pixels');
  });

  it('is a Markdown table with the same columns in every row', () => {
    const rows = toMarkdown(board)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows).toHaveLength(6);
    expect(new Set(rows.map((row) => row.split('|').length))).toEqual(new Set([9]));
  });

  it('is a CSV with full precision and empty cells for what does not exist', () => {
    const [head, first, , third, trivial] = toCsv(board).split('\n');
    expect(head).toBe(
      'loss,Dice mean,Dice std,IoU mean,IoU std,HD95 px mean,HD95 px std,p/q soft mean,p/q soft std,p/q hard mean,p/q hard std,runs',
    );
    expect(Number(first!.split(',')[1])).toBeCloseTo((0.6 + 0.62) / 2, 12);
    expect(third!.split(',')[2]).toBe('');
    expect(trivial!.endsWith(',')).toBe(true);
  });

  it('shows the rarest class of many', () => {
    const events = fixtureEvents().map((event) =>
      event.type === 'experiment.start'
        ? { ...event, data: { ...event.data, classes: ['sky', 'pole'], valTruth: [0.99, 0.01] } }
        : event,
    );
    expect(leaderboard(summarize(events)).notes.join()).toContain('"pole"');
    expect(scores(0.5, 1).truth[1]).toBe(1 / 16);
    expect(stamp({ type: 'experiment.end', seconds: 1, interrupted: false }).schemaVersion).toBe(1);
  });
});
