import { z } from 'zod';

import { count, positive, side } from './schema-fields.js';

const patchShape = {
  perVolume: count.default(4).describe('Patches of each volume in an epoch, 1 or more'),
  foreground: z
    .number()
    .min(0)
    .max(1)
    .default(0.33)
    .describe(
      'Fraction of patches that contain a random voxel of a random foreground class, 0 to 1; the others are anywhere',
    ),
};

/** Every key of `data`. */
export const dataKeys = z.strictObject({
  folder: z
    .string()
    .min(1)
    .describe(
      'Folder of images and masks (`segloss data check FOLDER` says whether it can be read), or a built-in data set: `demo`, `demo:rare`, `demo:mixed`, `demo:large`, `demo:nuclei`',
    ),
  images: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Pattern of the image files from `folder`, as in `img/*.jpg`, where no layout fits; `*` is any part of a name, `**` any folders, `{name}` what pairs image and mask; only with `masks`',
    ),
  masks: z
    .string()
    .min(1)
    .optional()
    .describe('Pattern of the mask files, as in `gt/{name}_1stHO.png`; only with `images`; both hold for the folder `test`, too'), // prettier-ignore
  size: z
      .union([side, z.tuple([side, side]), z.tuple([count, side, side]), z.enum(['auto', 'original'])])
      .optional()
      .describe('Size in pixels that images and masks are resized to: a number, [height, width], or [depth, height, width] of volumes and patches, 8 or more (depth 1 or more); `auto` keeps the aspect ratio of images and slices at no more than about 128 x 128 pixels; `original`, the default, keeps their size, as `auto` does for whole volumes'), // prettier-ignore
  volumes: z
    .enum(['slices', 'whole', 'patches'])
    .optional()
    .describe(
      'How NIfTI volumes are trained: `slices` are images (the default), `whole` volumes are resized to `size`, `patches` of `size` are cut at random places',
    ),
  patches: z
    .strictObject(patchShape)
    .optional()
    .describe('Which patches of a volume an epoch has; only with `volumes: patches`'),
  spacing: z
    .tuple([positive, positive, positive])
    .optional()
    .describe(
      'Distances of voxels in mm, [depth, height, width], to which volumes are resampled; only with `volumes: patches`; by default they keep theirs',
    ),
  intensityRange: z
    .tuple([z.number(), z.number()])
    .optional()
    .describe(
      'Values of volumes that become 0 and 1, as in [-200, 300] for CT; by default the percentiles 0.5 and 99.5 of each volume',
    ),
  limit: count
    .optional()
    .describe(
      'Largest number of training images, and of validation images, 1 or more; by default all are used',
    ),
  folds: z
    .int()
    .min(2)
    .optional()
    .describe(
      'Number of folds of a cross-validation, 2 or more: all images of `folder`, whatever its own split, are divided, and the fold `fold` is validated; by default the split of the folder is used',
    ),
  groups: z
    .strictObject({
      pattern: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Regular expression that matches the name of every case; its first capture group, or the whole match, names the group: `^(patient\\d+)_`',
        ),
      file: z
        .string()
        .min(1)
        .optional()
        .describe('CSV file with a column `case` (names of the cases) and the column `column`'),
      column: z.string().min(1).optional().describe('Column of `file` that holds the group of each case'),
    })
    .optional()
    .describe(
      'Cases that stay together in one fold, such as the images of one patient, by `pattern` or by `file` and `column`; by default each case is its own group (all slices of a volume are one case)',
    ),
  innerFolds: z
    .int()
    .min(2)
    .optional()
    .describe(
      'Divides the training images once more, 2 or more parts: the part `innerFold` is validated, and the validation images are not used at all; `tune` of a benchmark sets it',
    ),
  test: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder of test images, or a built-in data set: all of its images are scored once, at the end, with the best weights, and never used for training or selection; none by default',
    ),
  background: z
    .union([z.literal(0), z.literal('none')])
    .optional()
    .describe(
      'Class that foreground means leave out: `0` or `none`; by default the layout and the class names decide',
    ),
  allowNoForeground: z
    .boolean()
    .optional()
    .describe('Whether a data set without any foreground pixel may be trained; by default it is refused'),
  workers: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'Threads that read and resize images ahead of time, 0 or more; results do not depend on the number',
    ),
  normalize: z
    .union([
      z.enum(['auto', 'none']),
      z.strictObject({
        mean: z
          .array(z.number())
          .min(1)
          .describe('Mean of each channel, which is subtracted; images have values from 0 to 1'),
        std: z
          .array(positive)
          .min(1)
          .describe('Standard deviation of each channel, by which values are divided; above 0'),
      }),
    ])
    .default('auto')
    .describe(
      '`{ mean, std }`, a list of one number per channel each; `none`, which keeps values from 0 to 1; or `auto`: the mean and std that belong to weights of a hub (`model.encoderWeights`), otherwise `none`',
    ),
});

/** `data.patches` with every default in its place. */
export function patchOptions({
  data: { patches },
}: {
  readonly data: Pick<z.input<typeof dataKeys>, 'patches'>;
}) {
  return z.strictObject(patchShape).parse(patches ?? {});
}

interface Problem {
  readonly path: string[];
  readonly message: string;
}

/** What the keys about images contradict, by key. */
export function* dataProblems(
  data: z.output<typeof dataKeys>,
  {
    augment,
    fold,
    innerFold,
  }: {
    readonly augment: string;
    readonly fold?: number | undefined;
    readonly innerFold?: number | undefined;
  },
): Generator<Problem> {
  const { normalize, size, folds, innerFolds, test, images, masks } = data;
  if (typeof normalize === 'object' && normalize.mean.length !== normalize.std.length) {
    yield {
      path: ['data', 'normalize'],
      message: `mean and std must have the same number of channels, got ${normalize.mean.length} and ${normalize.std.length}`,
    };
  }
  yield* volumeProblems(data, augment);
  if ((size === undefined || typeof size === 'string') && !['none', 'flip', 'volume'].includes(augment)) {
    yield {
      path: ['data', 'size'],
      message: `the recipe ${augment} produces images of one size: set data.size`,
    };
  }
  yield* foldProblems('fold', folds, fold);
  yield* foldProblems('innerFold', innerFolds, innerFold);
  if ((images === undefined) !== (masks === undefined)) {
    yield {
      path: ['data', images === undefined ? 'images' : 'masks'],
      message: 'wanted images and masks, or neither',
    };
  }
  yield* groupProblems(data);
  if (test !== undefined && test === data.folder) {
    yield {
      path: ['data', 'test'],
      message: 'these are the images of data.folder: name a folder of other images',
    };
  }
}

function* foldProblems(key: 'fold' | 'innerFold', folds?: number, fold?: number): Generator<Problem> {
  if (fold === undefined && folds === undefined) return;
  const path = [key];
  if (folds === undefined) yield { path, message: `needs data.${key}s, the number of folds` };
  else if (fold === undefined || fold >= folds) {
    const got = fold === undefined ? '' : `, got ${fold}`;
    yield { path, message: `data.${key}s is ${folds}: wanted a fold from 0 to ${folds - 1}${got}` };
  }
}

function* groupProblems({ groups, folds, innerFolds }: z.output<typeof dataKeys>): Generator<Problem> {
  if (groups === undefined) return;
  const path = ['data', 'groups'];
  const { pattern, file, column } = groups;
  const byFile = file !== undefined || column !== undefined;
  if (folds === undefined && innerFolds === undefined)
    yield { path, message: 'groups keep cases together in one fold: set data.folds' };
  if ((pattern !== undefined) === byFile)
    yield { path, message: 'wanted either pattern, or file and column' };
  if (byFile && (file === undefined || column === undefined))
    yield { path, message: 'wanted both file and column' };
  if (pattern !== undefined && !isPattern(pattern))
    yield { path: [...path, 'pattern'], message: `wanted a regular expression, got ${pattern}` };
}

/** What the keys about volumes contradict, by key. */
function* volumeProblems(
  { volumes = 'slices', size, patches, spacing, intensityRange }: z.output<typeof dataKeys>,
  augment: string,
): Generator<Problem> {
  const sides = Array.isArray(size) ? size.length : 2;
  const of = (key: string) => ['data', key];
  if (volumes === 'patches' && sides !== 3) {
    yield { path: of('size'), message: 'volumes: patches needs the size of a patch: [depth, height, width]' };
  }
  if (volumes === 'whole' && size !== undefined && typeof size !== 'string' && sides !== 3) {
    yield { path: of('size'), message: 'volumes: whole needs a size of three sides: [depth, height, width]' };
  }
  if (volumes === 'slices' && sides === 3) {
    yield {
      path: of('size'),
      message: 'a size of three sides is one of volumes: set volumes to whole or patches',
    };
  }
  if (volumes !== 'patches' && patches !== undefined) {
    yield { path: of('patches'), message: 'only volumes: patches has patches' };
  }
  if (volumes !== 'patches' && spacing !== undefined) {
    yield {
      path: of('spacing'),
      message: 'only volumes: patches resamples to a spacing; whole volumes and slices are resized to size',
    };
  }
  if (intensityRange !== undefined && !(intensityRange[0] < intensityRange[1])) {
    yield { path: of('intensityRange'), message: `wanted [low, high], got [${intensityRange.join(', ')}]` };
  }
  if (volumes !== 'slices' && !['none', 'flip', 'volume'].includes(augment)) {
    yield {
      path: ['augment'],
      message: `the recipe ${augment} is one for images; volumes have none, flip and volume`,
    };
  }
  if (volumes === 'slices' && augment === 'volume') {
    yield {
      path: ['augment'],
      message: 'the augmentation volume is one of volumes: set data.volumes to whole or patches',
    };
  }
}
function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
