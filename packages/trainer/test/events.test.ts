// One schema of events: every number survives, and a reader refuses what it does not know.
import { describe, expect, it } from '@jest/globals';
import {
  EVENT_SCHEMA_VERSION,
  fromJson,
  parseEvent,
  serializeEvent,
  toJson,
  type RunEvent,
} from '@segloss/trainer';

describe('toJson and fromJson', () => {
  it.each([0, -0.5, 1e300, NaN, Infinity, -Infinity])('keep %d', (value) => {
    const text = toJson({ list: [value], text: 'NaN, Infinity' }, 2);
    expect(fromJson(text)).toEqual({ list: [value], text: 'NaN, Infinity' });
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it('leave text alone that looks like a number', () => {
    const names = { classes: ['Infinity', '-Infinity', 'null', '1e999', '"'] };
    expect(fromJson(toJson(names))).toEqual(names);
  });
});

describe('events', () => {
  const events: RunEvent[] = [
    { type: 'note', run: 'a1', text: 'resumed at epoch 1, step 3' },
    { type: 'step', run: 'a1', epoch: 1, step: 3, loss: Infinity },
    {
      ...{ type: 'epoch', run: 'a1', epoch: 1, step: 4, learningRate: 0.1, loss: 0.5, terms: { ce: NaN } },
      ...{ gradientNorm: 1, seconds: 2, waitingSeconds: 0, best: true },
      val: {
        ...{
          loss: 1,
          terms: { ce: 1 },
          dice: [1, NaN],
          iou: [1, NaN],
          foregroundDice: NaN,
          foregroundIou: NaN,
        },
        ...{ truth: [1, 0], soft: [1, 0], hard: [1, 0] },
      } as Extract<RunEvent, { type: 'epoch' }>['val'],
    },
  ];
  it.each(events)('survive a line of JSON: $type', (event) => {
    const line = serializeEvent(event);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toMatchObject({
      schemaVersion: EVENT_SCHEMA_VERSION,
      type: event.type,
      run: 'a1',
    });
    expect(parseEvent(line)).toEqual(event);
  });

  it.each([
    ['{"schemaVersion":1,"type":"note"}', /schemaVersion 1/],
    ['{"schemaVersion":2,"time":"now","type":"epoch.end"}', /epoch\.end/],
    ['{"schemaVers', /schemaVers/],
    ['{"schemaVersion":2,"type":"note"}', /time undefined/],
    ['null', /wanted an event/],
    ['7', /wanted an event/],
  ])('refuse %s', (line, message) => {
    expect(() => parseEvent(line)).toThrow(message);
  });
});
