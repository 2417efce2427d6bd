import { type layers } from '@tensorflow/tfjs-layers';

/** Options of every layer of tfjs. */
export type LayerOptions = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** Their names, and what tf.loadLayersModel adds. */
export const LAYER_OPTIONS: readonly (keyof LayerOptions | 'customObjects')[] = [
  'name',
  'trainable',
  'dtype',
  'inputDType',
  'inputShape',
  'batchInputShape',
  'batchSize',
  'weights',
  'customObjects',
];
