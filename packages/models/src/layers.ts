// Importing this lets tf.loadLayersModel load the trainer's models, in a browser too: import '@segloss/trainer/layers'.
import { registerLayers } from './layers/register-layers.js';

registerLayers();

export * from './layers/index.js';
