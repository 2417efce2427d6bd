// Writes the images of a run as its network sees them, for train_torch.py: float32 images and uint8 labels as plain binary, and their shapes.
// npm run build && node experiments/recipe/tensors.mjs RUN FOLDER
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { datasetFingerprint, loader, openDataset } from '@segloss/data';
import { openRun } from '@segloss/trainer';

const [run, folder] = process.argv.slice(2);
const { config, inputShape, fingerprint, classes, background, model } = await openRun(run);
const dataset = await openDataset(config.data.folder);
if ((await datasetFingerprint(dataset)) !== fingerprint) {
  throw new Error(`${config.data.folder}: other images than those that ${run} was trained on`);
}
mkdirSync(folder, { recursive: true });
const size = inputShape.slice(0, 2);
for (const part of ['train', 'val']) {
  const images = createWriteStream(path.join(folder, `${part}.images`));
  const labels = createWriteStream(path.join(folder, `${part}.labels`));
  for (const source of loader(dataset[part], { size, cacheBytes: 0 }).sources) {
    const { image, mask } = await source.load();
    images.write(Buffer.from(Float32Array.from(image).buffer));
    labels.write(mask);
  }
  await Promise.all([images, labels].map((stream) => new Promise((done) => stream.end(done))));
}
const { train } = JSON.parse(readFileSync(path.join(run, 'dataset.json'), 'utf8'));
writeFileSync(
  path.join(folder, 'set.json'),
  JSON.stringify({ inputShape, classes, background, images: train.length, parameters: model.countParams() }),
);
