// A page that only loads an exported model imports this: it registers the layers that tf.loadLayersModel needs, and nothing else.
import { registerLayers } from './layers/register-layers.js';

registerLayers();

export * from './layers/index.js';
