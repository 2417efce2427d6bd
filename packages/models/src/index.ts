import { registerLayers } from './layers/register-layers.js';

registerLayers();

export * from './layers/index.js';
export { checkModel } from './check-model.js';
export { batchNormMomentum, recomputeBatchNormalization } from './layers/batch-statistics.js';
export { resnetDeeplab, type ResnetDeeplabOptions } from './networks/resnet-deeplab.js';
export { resnetFpn, type ResnetFpnOptions } from './networks/resnet-fpn.js';
export { type ResnetOptions } from './networks/resnet-model.js';
export { resnetUnet, type ResnetUnetOptions } from './networks/resnet-unet.js';
export { type EncoderName } from './networks/encoders.js';
export { type ResnetName } from './networks/resnet.js';
export { unet, type UnetOptions } from './networks/unet.js';
export { supervisedModel } from './deep-supervision.js';
export { mixOutputSigns, setOutputBias } from './output-bias.js';
export { buildModel, models, registerModel, type ModelDefinition, type ModelInput } from './registry.js';
export { readSafetensors, type StoredTensor } from './weights/safetensors.js';
export { loadEncoderWeights, loadTorchWeights } from './weights/torch-weights.js';
