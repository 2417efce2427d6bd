import { decodeImage, decodeMasks } from '@segloss/data/masks';
import type { Sample } from '@segloss/data/samples';

import type { TrainData } from './train-job.js';

const IMAGES = import.meta.glob<string>('../../../../packages/data/demo/nuclei/images/*.png', {
  eager: true,
  query: '?inline',
  import: 'default',
});
const MASKS = import.meta.glob<string>('../../../../packages/data/demo/nuclei/masks/*.png', {
  eager: true,
  query: '?inline',
  import: 'default',
});

const nameOf = (path: string) => path.replace(/^.*\//, '');

function fileOf(dataUrl: string): Blob {
  const binary = atob(dataUrl.slice(dataUrl.indexOf(',') + 1));
  return new Blob([Uint8Array.from(binary, (character) => character.charCodeAt(0))]);
}

/** Crops of nuclei under a microscope; see `packages/data/demo/nuclei/README.md`. */
export async function nucleiTrainData(): Promise<TrainData> {
  const files = new Map(Object.entries(MASKS).map(([path, url]) => [nameOf(path), fileOf(url)]));
  const masks = await decodeMasks(files);
  const samples = await Promise.all(
    Object.entries(IMAGES).map(async ([path, url]): Promise<Sample> => {
      const name = nameOf(path);
      const { width, height, channels, values } = await decodeImage(name, fileOf(url));
      const mask = await masks.read(name);
      return {
        id: name.replace('.png', ''),
        width,
        height,
        channels,
        image: values,
        mask: Uint8Array.from(mask.values),
      };
    }),
  );
  const part = (name: string) => samples.filter(({ id }) => id.startsWith(name));
  return { classes: ['background', 'nuclei'], train: part('train'), val: part('val') };
}
