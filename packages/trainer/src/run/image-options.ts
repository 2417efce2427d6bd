import { type RunConfig } from '../config/schema.js';

/** What decides which images a run has; runs that agree on it share one opened data set. */
export type ImageOptions = Pick<
  RunConfig['data'],
  | 'folder'
  | 'images'
  | 'masks'
  | 'limit'
  | 'background'
  | 'allowNoForeground'
  | 'folds'
  | 'groups'
  | 'innerFolds'
  | 'test'
  | 'intensityRange'
> &
  Pick<RunConfig, 'fold' | 'innerFold'> & { readonly volumes?: 'whole' };

/** The part of a configuration that decides which images there are. */
export function imageOptions({
  data: {
    folder,
    images,
    masks,
    limit,
    background,
    allowNoForeground,
    folds,
    groups,
    innerFolds,
    test,
    volumes = 'slices',
    intensityRange,
  },
  fold,
  innerFold,
}: Pick<RunConfig, 'data' | 'fold' | 'innerFold'>): ImageOptions {
  const all = { folder, images, masks, limit, background, allowNoForeground, folds, fold, groups, innerFolds, innerFold, test, intensityRange, volumes: volumes === 'slices' ? undefined : 'whole' }; // prettier-ignore
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as unknown as ImageOptions;
}
