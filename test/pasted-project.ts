import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';

const SIDE = 24;
const CASES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Writes the folders and files that the `sh run` blocks of the pages name: images, masks, predictions, nnU-Net's summaries, a configuration. */
export function writePastedProject(folder: string): void {
  const png = (path: string, valueAt: (x: number, y: number) => number): void => {
    const data = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => valueAt(i % SIDE, Math.floor(i / SIDE)));
    const file = join(folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, encode({ width: SIDE, height: SIDE, channels: 1, data }));
  };
  const inside = (x: number, y: number, index: number, growth: number) =>
    (x - 12) ** 2 + (y - 11) ** 2 < (3 + index / 2 + growth) ** 2;
  CASES.forEach((id, index) => {
    const disc =
      (growth: number, value = 255) =>
      (x: number, y: number) =>
        inside(x, y, index, growth) ? value : 0;
    png(`polyps/images/${id}.png`, (x, y) => (inside(x, y, index, 0) ? 200 : 60 + x));
    png(`polyps/masks/${id}.png`, disc(0));
    png(`masks/${id}.png`, disc(0));
    png(`unet/${id}.png`, disc(1));
    png(`other/${id}.png`, disc(-1));
    png(`probabilities/${id}.png`, (x, y) => (inside(x, y, index, 1) ? 230 : 10));
  });
  mkdirSync(join(folder, 'nnunet'));
  CASES.forEach((id, index) => {
    const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) =>
      inside(i % SIDE, Math.floor(i / SIDE), index, 1) ? 0.9 : 0.05,
    );
    writeFileSync(join(folder, 'nnunet', `${id}.npy`), npy(values, [SIDE, SIDE]));
  });
  for (const [fold, found] of Object.entries({ fold_0: 80, fold_0_dice: 95 })) {
    const cases = CASES.map((id, index) => ({
      reference_file: `/gt/${id}.nii.gz`,
      prediction_file: `/${fold}/${id}.nii.gz`,
      metrics: Object.fromEntries(
        [1, 2].map((label) => [label, { TP: found - index, FP: 10, FN: 100 - found + index, TN: 890 }]),
      ),
    }));
    mkdirSync(join(folder, fold), { recursive: true });
    writeFileSync(join(folder, fold, 'summary.json'), JSON.stringify({ metric_per_case: cases }));
  }
  writeFileSync(join(folder, 'run.yaml'), 'data: { folder: ./polyps }\nloss: ce\nepochs: 2\n');
}

/** The bytes of a `.npy` file, version 1.0, of float32 in C order. */
function npy(values: Float32Array, shape: number[]): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const start = Buffer.from([
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    1,
    0,
    header.length & 255,
    header.length >> 8,
  ]);
  return Buffer.concat([start, Buffer.from(header, 'latin1'), Buffer.from(values.buffer)]);
}
