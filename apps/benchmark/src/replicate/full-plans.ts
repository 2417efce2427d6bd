import { claimGrid } from './plans.js';
import type { PaperSet } from './sets.js';

/** The two-dimensional sets of the paper, at their own size: the presets read them from their folders. */
export const FULL_SETS: readonly Omit<PaperSet, 'size'>[] = [
  {
    name: 'polyp-kvasir',
    layout: 'TrainDataset/images, TrainDataset/masks',
    address: 'https://datasets.simula.no/kvasir-seg',
  },
  {
    name: 'retinal-lesions',
    layout: 'images_896x896/ID.jpg, lesion_segs_896x896/ID/LESION.png, classes.txt, train.txt, val.txt',
    address: 'https://github.com/WeiQijie/retinal-lesions',
  },
  {
    name: 'cityscapes',
    layout: 'leftImg8bit/, gtFine/*_labelTrainIds.png',
    address: 'https://www.cityscapes-dataset.com',
  },
];

/** Preset of the paper's network and recipe, by data set. */
const PRESETS: Readonly<Record<string, string>> = {
  'polyp-kvasir': 'polyp-ce',
  'retinal-lesions': 'retinal-lesions-512-ce',
  cityscapes: 'cityscapes-r50-ce',
};

/** Plans of `--scale full`, by name: the losses and seeds of `claims-long.yaml` with the paper's networks. */
export const FULL_PLANS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(PRESETS).map(([set, preset]) => [`full-${set}`, planOf(set, preset)]),
);

/** The data set that a plan of `--scale full` trains on. */
export const setOfPlan = (plan: string): string => plan.replace(/^full-/, '');

function planOf(set: string, preset: string): string {
  return `# The claims of the paper on ${set}, with the network and the recipe of its published code.
# segloss replicate paper --data DIR --scale full --encoder-weights resnet50.safetensors
name: full-${set}

base:
  extends: preset:${preset}

${claimGrid([set])}`;
}
