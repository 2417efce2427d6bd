import { deflateSync } from 'node:zlib';
import { type RandomStream } from '@segloss/data';

import { packed, pngChunk } from '../../packages/data/test/crafted.js';

const PASSES = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]]; // prettier-ignore

/** A PNG with a random filter for each row, in several chunks, interlaced or not. Rows hold the values of all channels. */
export function encodePng(
  random: RandomStream,
  rows: readonly (readonly number[])[],
  {
    channels,
    depth,
    colorType,
    palette,
  }: { channels: number; depth: number; colorType: number; palette?: readonly number[] },
): Uint8Array {
  const [height, width] = [rows.length, rows[0]!.length / channels];
  const interlace = random.integer(2);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colorType, 0, 0, interlace], 8);
  const lines: number[] = [];
  for (const [x0, y0, dx, dy] of interlace ? PASSES : [[0, 0, 1, 1]]) {
    const pass: number[][] = [];
    for (let y = y0!; y < height; y += dy!) {
      const row: number[] = [];
      for (let x = x0!; x < width; x += dx!) row.push(...rows[y]!.slice(x * channels, (x + 1) * channels));
      if (row.length > 0) pass.push(row);
    }
    lines.push(...filtered(random, packed(pass, depth), Math.max(1, (channels * depth) >> 3)));
  }
  const data = deflateSync(Uint8Array.from(lines), { level: random.integer(10) });
  const cut = random.integer(data.length);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    pngChunk('IHDR', header),
    pngChunk('tEXt', Buffer.from('Comment\0fuzz')),
    ...(palette ? [pngChunk('PLTE', Uint8Array.from(palette))] : []),
    pngChunk('IDAT', data.subarray(0, cut)),
    pngChunk('IDAT', data.subarray(cut)),
    pngChunk('IEND', new Uint8Array()),
  ]);
}

function filtered(random: RandomStream, rows: readonly (readonly number[])[], step: number): number[] {
  return rows.flatMap((row, y) => {
    const filter = random.integer(5);
    const coded = row.map((value, i) => {
      const left = row[i - step] ?? 0;
      const above = rows[y - 1]?.[i] ?? 0;
      const corner = i >= step ? (rows[y - 1]?.[i - step] ?? 0) : 0;
      const nearest = [left, above, corner]
        .map((neighbor) => ({ neighbor, distance: Math.abs(left + above - corner - neighbor) }))
        .reduce((best, one) => (one.distance < best.distance ? one : best)).neighbor;
      const guess = [0, left, above, Math.floor((left + above) / 2), nearest][filter]!;
      return (value - guess + 256) % 256;
    });
    return [filter, ...coded];
  });
}
