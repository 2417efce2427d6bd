import { type layers } from '@tensorflow/tfjs-layers';

/** What every layer of tfjs takes. */
export type LayerOptions = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

export const LAYER_OPTIONS: readonly (keyof LayerOptions)[] = [
  'name',
  'trainable',
  'dtype',
  'inputDType',
  'inputShape',
  'batchInputShape',
  'batchSize',
  'weights',
];
