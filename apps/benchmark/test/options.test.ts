import { describe, expect, it } from '@jest/globals';

import { parseCount, parseIndex, parsePositive, parseSeeds, parseSize, parseWidths } from '../src/options.js';

describe('values of flags', () => {
  it.each([
    [parseCount, '12', 12],
    [parsePositive, '1e-3', 0.001],
    [parseSeeds, '3', [0, 1, 2]],
    [parseSeeds, '5,8', [5, 8]],
    [parseSeeds, '5,', [5]],
    [parseSize, '128', 128],
    [parseSize, '96x128', [96, 128]],
    [parseWidths, '8,16', [8, 16]],
    [parseIndex, '0', 0],
  ] as const)('%p reads %j', (parse, text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each([
    [parseCount, '0'],
    [parseCount, '2.5'],
    [parseCount, '-1'],
    [parseCount, ''],
    [parsePositive, '0'],
    [parsePositive, 'fast'],
    [parsePositive, ''],
    [parseSeeds, '0'],
    [parseSeeds, '1,1'],
    [parseSeeds, '1,,2'],
    [parseSeeds, '1,2.5'],
    [parseSize, '128x'],
    [parseSize, '4'],
    [parseSize, 'x128'],
    [parseWidths, '8,0'],
    [parseWidths, ''],
    [parseIndex, '-1'],
    [parseIndex, ''],
  ] as const)('%p refuses %j and says what it wanted and got', (parse, text) => {
    expect(() => parse(text)).toThrow(/^Wanted .*, got ".*"\.$/);
    expect(() => parse(text)).toThrow(`got "${text}"`);
  });
});
