// Small data sets and configurations, written by the tests of runs.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { parseConfig, type LoadedConfig } from '@segloss/trainer';
import { encode } from 'fast-png';

/** A folder that is removed after the tests. */
export function scratch(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'segloss-run-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Writes a gray PNG. */
export function writePng(file: string, side: number, value: (x: number, y: number) => number): void {
  const data = Uint8Array.from({ length: side * side }, (_, i) => value(i % side, Math.floor(i / side)));
  writeFileSync(file, encode({ width: side, height: side, data, channels: 1, depth: 8 }));
}

/** Writes `images/` and `masks/`: gray gradients, and squares of `regions[i]` pixels a side at the top left. */
export function writeDataset(folder: string, regions: readonly number[], side = 16): void {
  for (const part of ['images', 'masks']) mkdirSync(path.join(folder, part), { recursive: true });
  regions.forEach((region, i) => {
    const inside = (x: number, y: number) => x < region && y < region;
    writePng(path.join(folder, 'images', `${i}.png`), side, (x, y) => (inside(x, y) ? 200 : 20) + x + i);
    writePng(path.join(folder, 'masks', `${i}.png`), side, (x, y) => (inside(x, y) ? 1 : 0));
  });
}

/** A configuration as `loadConfig` gives it, of a network that trains in a second. */
export function tinyRun(folder: string, keys: object = {}): LoadedConfig {
  const config = parseConfig({
    data: { folder: path.join(folder, 'data'), size: 16 },
    model: { widths: [2, 4] },
    epochs: 2,
    batchSize: 2,
    backend: 'wasm',
    out: path.join(folder, 'runs'),
    ...keys,
  });
  return { config, origin: {}, folder, file: path.join(folder, 'tiny.yaml') };
}
