// Makes the embedded nuclei of the demo from the full images: node tools/demo/nuclei-crops.mjs FOLDER
// FOLDER has images/, masks/, train.txt and val.txt (Data Science Bowl 2018, stage 1, CC0). One crop of 96 x 96 of each image, at a
// seeded place, is reduced to 32 x 32: images by the mean of 3 x 3 pixels, masks by their majority. Small images are left out.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { encode } from 'fast-png';

import { bundle, root } from '../bundle.mjs';

const CROP = 96;
const FACTOR = 3;
/** Images of each part, evenly spaced: enough for the demo. */
const MOST = 48;
const SIDE = CROP / FACTOR;

const program = await bundle({
  name: 'nuclei-crops',
  entry: 'packages/data/src/index.ts',
  packages: [],
  format: 'esm',
});
const { openDataset, randomStream, spread } = await import(pathToFileURL(program).href);
const dataset = await openDataset(process.argv[2]);
const out = join(root, 'packages/data/demo/nuclei');
for (const part of ['images', 'masks']) mkdirSync(join(out, part), { recursive: true });
for (const split of ['train', 'val']) {
  const ids = [];
  for (const source of spread(dataset[split], MOST)) {
    const sample = await source.load();
    if (sample.width < CROP || sample.height < CROP) continue;
    const random = randomStream(`nuclei ${sample.id}`);
    const [x0, y0] = [random.integer(sample.width - CROP + 1), random.integer(sample.height - CROP + 1)];
    const name = `${split}-${String(ids.length).padStart(3, '0')}`;
    const { image, mask } = reduce(sample, x0, y0);
    writeFileSync(
      join(out, 'images', `${name}.png`),
      encode({ width: SIDE, height: SIDE, data: image, channels: 3 }),
    );
    writeFileSync(
      join(out, 'masks', `${name}.png`),
      encode({ width: SIDE, height: SIDE, data: mask, channels: 1 }),
    );
    ids.push(name);
  }
  writeFileSync(join(out, `${split}.txt`), ids.map((id) => `${id}\n`).join(''));
  console.log(`${split}: ${ids.length} crops`);
}

function reduce({ image, mask, width, channels }, x0, y0) {
  const rgb = new Uint8Array(SIDE * SIDE * 3);
  const labels = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const sums = [0, 0, 0];
      let foreground = 0;
      for (let dy = 0; dy < FACTOR; dy++) {
        for (let dx = 0; dx < FACTOR; dx++) {
          const at = (y0 + y * FACTOR + dy) * width + x0 + x * FACTOR + dx;
          for (let c = 0; c < 3; c++) sums[c] += image[at * channels + (channels === 3 ? c : 0)];
          foreground += mask[at] === 1 ? 1 : 0;
        }
      }
      const pixel = y * SIDE + x;
      sums.forEach((sum, c) => (rgb[pixel * 3 + c] = Math.round((255 * sum) / FACTOR ** 2)));
      labels[pixel] = foreground > FACTOR ** 2 / 2 ? 255 : 0;
    }
  }
  return { image: rgb, mask: labels };
}
