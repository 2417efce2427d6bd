// Probabilities in arrays of NumPy, and what decodings make of them; every number is counted by hand.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { InvalidArgumentError } from 'commander';

import { decodingName } from '../src/analyze/decodings.js';
import { parseDecodings } from '../src/decoding.js';
import { analyze, putMask, temporaryFolder } from './analyze-run.js';

const folder = temporaryFolder();
const at = (...names: string[]) => path.join(folder, ...names);

/** Writes a `.npy` file of float32, in C order. */
function putArray(file: string, values: readonly number[], shape: readonly number[]): void {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const header = text.padEnd(117) + '\n';
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  const head = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(header)]);
  mkdirSync(path.dirname(at(file)), { recursive: true });
  writeFileSync(at(file), Buffer.concat([head, Buffer.from(Float32Array.from(values).buffer)]));
}

// Sums to 2: volume takes the two largest, 0.5 none, 0.38 three of them.
const lesion = [0.41, 0.45, 0.4, 0.1, 0.3, 0.34];
const truth = [1, 1, 0, 0, 0, 0];
const two = [...lesion.map((p) => 1 - p), ...lesion];

describe('segloss analyze --probabilities --decode', () => {
  it('compares the decodings side by side, in numbers, text and page', async () => {
    putMask(at('two/gt/a.png'), truth, [2, 3]);
    putArray('two/net/a.npy', two, [2, 1, 2, 3]); // as nnU-Net writes a slice
    const flags = {
      probabilities: ['net'],
      gt: 'gt',
      decode: parseDecodings('argmax,volume,threshold=0.38'),
    };
    const { code, report } = await analyze(at('two'), { ...flags, json: true });
    expect(code).toBe(0);
    expect(report.runs.map(({ name }) => name)).toEqual([
      'net',
      'net, argmax',
      'net, volume',
      'net, threshold=0.38',
    ]);
    const ratios = report.runs.map(({ analysis }) => analysis.classes[1]!.overall.ratio);
    expect(ratios).toEqual([expect.closeTo(1, 6), 0, 1, 1.5]);
    expect(report.runs.map(({ dice }) => dice?.[0]?.[1])).toEqual([undefined, 0, 1, 0.8]);
    expect(report.runs.map(({ analysis }) => analysis.classes[1]!.overall.missed)).toEqual([0, 1, 0, 0]);
    const { stdout } = await analyze(at('two'), { ...flags, out: 'page.html', full: true });
    expect(stdout).toMatch(/Size, overlap and missed regions/);
    expect(stdout).toMatch(/net, argmax .*foreground .*0 .*0\.000 \(1\) .*1 of 1/);
    expect(readFileSync(at('two/page.html'), 'utf8')).toContain('net, threshold=0.38');
  });

  it.each<[string, readonly number[], readonly number[]]>([
    ['foreground alone', lesion, [2, 3]],
    ['foreground alone, with an axis of one slice', lesion, [1, 2, 3]],
    ['classes first', two, [2, 2, 3]],
    ['classes last', lesion.flatMap((p) => [1 - p, p]), [2, 3, 2]],
  ])('reads the axes of an array: %s', async (name, values, shape) => {
    const set = name.replaceAll(/\W/g, '-');
    putMask(at(set, 'gt/a.png'), truth, [2, 3]);
    putArray(`${set}/net/a.npy`, values, shape);
    const { report } = await analyze(at(set), { pred: ['net'], gt: 'gt', probabilities: true, decode: [{ policy: 'volume' }], json: true }); // prettier-ignore
    expect(report.runs[1]!.dice).toEqual([[1, 1]]);
  });

  it('reads arrays and not the masks of the same names next to them, and says what does not fit', async () => {
    putMask(at('nnunet/gt/a.png'), truth, [2, 3]);
    putMask(at('nnunet/net/a.png'), [0, 0, 0, 0, 0, 1], [2, 3]);
    putArray('nnunet/net/a.npy', two, [2, 2, 3]);
    const probabilities = await analyze(at('nnunet'), { probabilities: ['net'], gt: 'gt', json: true });
    expect(probabilities.report.runs[0]!.cases[0]!.predicted[1]).toBeCloseTo(2 / 6, 6);
    const masks = await analyze(at('nnunet'), { pred: ['net'], gt: 'gt', json: true });
    expect(masks.report.runs[0]).toMatchObject({
      cases: [{ predicted: [5 / 6, 1 / 6] }],
      dice: [[6 / 9, 0]],
    });
    putArray('nnunet/net/a.npy', two, [3, 2, 2]); // another image
    await expect(analyze(at('nnunet'), { probabilities: ['net'], gt: 'gt' })).rejects.toThrow(/wanted probabilities of the size of the true mask, 2x3, .*a\.npy, got 3x2x2/); // prettier-ignore
  });

  it('refuses flags that do not fit together', async () => {
    const decode = parseDecodings('volume');
    await expect(analyze(folder, { pred: ['net'], gt: 'gt', decode })).rejects.toThrow(
      /wanted --probabilities with it/,
    );
    await expect(analyze(folder, { pred: ['a'], probabilities: ['b'], gt: 'gt' })).rejects.toThrow(
      /got the folders b and --pred a/,
    );
    for (const text of ['', 'best', 'threshold', 'threshold=1', 'threshold=', 'volume=1', 'volume,volume']) {
      expect([text, attempt(() => parseDecodings(text))]).toEqual([text, 'InvalidArgumentError']);
    }
    expect(parseDecodings('dice,threshold=0').map(decodingName)).toEqual(['dice', 'threshold=0']);
  });
});

function attempt(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof InvalidArgumentError ? 'InvalidArgumentError' : String(error);
  }
}
