// Each preset trains: two updates with its own loss, optimizer, schedule, augmentation and network, narrow and on small images.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeNifti } from '@segloss/data';
import { loadConfig, presets, releaseBackend, runTraining, type StepEvent } from '@segloss/trainer';
import { encode } from 'fast-png';

import { scratch } from './run-fixture';

const CITYSCAPES = 19;
let folder: string;
let remove: () => void;

beforeAll(async () => {
  ({ folder, remove } = scratch());
  for (const [name, classes] of [['binary', 2], ['street', CITYSCAPES]] as const) writeImages(path.join(folder, name), classes); // prettier-ignore
  await writeVolumes(path.join(folder, 'volumes'));
});
afterAll(async () => {
  remove();
  await releaseBackend();
});

/** Four color images to train and one to validate, with every class. */
function writeImages(to: string, classes: number): void {
  for (const part of ['images', 'masks']) mkdirSync(path.join(to, part), { recursive: true });
  writeFileSync(path.join(to, 'train.txt'), '0\n1\n2\n3\n');
  writeFileSync(path.join(to, 'val.txt'), '4\n');
  writeFileSync(
    path.join(to, 'classes.txt'),
    Array.from({ length: classes }, (_, k) => `class-${k}\n`).join(''),
  );
  const [width, height] = [96, 64];
  for (let n = 0; n < 5; n++) {
    const mask = Uint8Array.from({ length: width * height }, (_, i) => Math.floor((((i % width) + 4 * n) * classes) / width) % classes); // prettier-ignore
    const image = Uint8Array.from({ length: 3 * mask.length }, (_, i) => (12 * mask[Math.floor(i / 3)]! + ((i * 7) % 31)) % 256); // prettier-ignore
    writeFileSync(path.join(to, 'images', `${n}.png`), encode({ width, height, data: image, channels: 3, depth: 8 })); // prettier-ignore
    writeFileSync(path.join(to, 'masks', `${n}.png`), encode({ width, height, data: mask, channels: 1, depth: 8 })); // prettier-ignore
  }
}

/** Two volumes to train and one to validate, or the other way round, as the Medical Segmentation Decathlon has them. */
async function writeVolumes(to: string): Promise<void> {
  for (const part of ['imagesTr', 'labelsTr']) mkdirSync(path.join(to, part), { recursive: true });
  const labels = { 0: 'background', 1: 'Anterior', 2: 'Posterior' };
  writeFileSync(path.join(to, 'dataset.json'), JSON.stringify({ labels, modality: { 0: 'MRI' } }));
  const shape = [18, 20, 16] as const;
  const geometry = { shape: [...shape], affine: [[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]] } as unknown as Parameters<typeof writeNifti>[2]; // prettier-ignore
  for (let n = 0; n < 3; n++) {
    const label = Uint8Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => (i % 16 > 4 && i % 16 < 10 ? 1 + (i % 2) : 0)); // prettier-ignore
    await writeNifti(path.join(to, 'imagesTr', `case_${n}.nii.gz`), label.map((one, i) => 60 * one + ((i * n) % 13)), geometry); // prettier-ignore
    await writeNifti(path.join(to, 'labelsTr', `case_${n}.nii.gz`), label, geometry);
  }
}

/** What is smaller than in the preset: images, networks, batches, epochs. */
function smaller(name: string): string[] {
  if (name.startsWith('msd-')) return ['data.folder=volumes', 'data.size=[16, 16, 16]', 'model.widths=[2, 3, 4, 5]', 'data.patches.perVolume=2']; // prettier-ignore
  const street = name.startsWith('cityscapes');
  const fpn = street || name.includes('fpn');
  return [
    `data.folder=${street ? 'street' : 'binary'}`,
    'data.size=[64, 64]',
    'model.encoderWidth=2',
    ...(fpn
      ? ['model.pyramidChannels=4', 'model.segmentationChannels=32']
      : ['model.decoderWidths=[4, 4, 2, 2, 2]']),
    'batchSize=2',
  ];
}

describe('the presets', () => {
  it.each(presets())('%s trains', async (name) => {
    const loaded = await loadConfig(`preset:${name}`, {
      cwd: folder,
      set: [...smaller(name), 'epochs=1', 'backend=wasm', 'threads=1', `out=runs-${name}`],
    });
    const steps: StepEvent[] = [];
    const { summary } = await runTraining(loaded, {
      onEvent: (event) => void (event.type === 'step' && steps.push(event)),
    });
    expect([summary.status, summary.epochs]).toEqual(['finished', 1]);
    expect(steps).toHaveLength(2);
    const { loss, optimizer } = loaded.config;
    const { learningRate, gradientNorm, terms, step } = summary.last!;
    expect(step).toBe(2);
    expect(learningRate).toBeGreaterThan(0);
    expect(learningRate).toBeLessThanOrEqual(optimizer.learningRate);
    expect(gradientNorm).toBeGreaterThan(0);
    // `ce`, `l1` and `dice` as the spec of the preset has them.
    const names = loss.replace(/geometric\([^)]*\)\*|\([^)]*\)|[\d.]+\*/g, '').split(' + ');
    expect(Object.keys(terms).map((term) => term.replace(/\(.*/, ''))).toEqual(names);
    expect(Object.values(terms).every((value) => Number.isFinite(value) && value > 0)).toBe(true);
    expect(steps[0]!.loss).not.toBe(steps[1]!.loss);
  });
});
