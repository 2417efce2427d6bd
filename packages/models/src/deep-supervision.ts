import { model as modelOf, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

const supervised = new WeakMap<LayersModel, LayersModel>();

/**
 * Returns the network of a model with its auxiliary outputs, the logits first and then those of lower resolutions, or undefined for a model that
 * was built without `deepSupervision: true`. Both share their layers; the auxiliary ones are in neither the weights nor the files of the model.
 *
 * @example
 * ```ts
 * const options = { inputShape: [8, 8, 1], outputs: 1, widths: [2, 4, 8] };
 * const model = unet({ ...options, deepSupervision: true });
 * supervisedModel(model).outputs.map(({ shape }) => shape); // → [[null, 8, 8, 1], [null, 4, 4, 1]]
 * model.countParams() === unet(options).countParams(); // → true
 * supervisedModel(unet(options)); // → undefined
 * ```
 *
 * @see Lee et al., "Deeply-supervised nets", AISTATS 2015, arXiv:1409.5185; Isensee et al., "nnU-Net", Nature Methods 18, 2021.
 */
export function supervisedModel(model: LayersModel): LayersModel | undefined {
  return supervised.get(model);
}

/** The model from the image to the logits, with auxiliary outputs if there are any. */
export function modelWithSupervision(
  image: SymbolicTensor,
  logits: SymbolicTensor,
  auxiliary: readonly SymbolicTensor[],
): LayersModel {
  const network = modelOf({ inputs: image, outputs: logits });
  if (auxiliary.length === 0) return network;
  supervised.set(network, modelOf({ inputs: image, outputs: [logits, ...auxiliary] }));
  const disposeNetwork = network.dispose.bind(network);
  network.dispose = () => {
    for (const { sourceLayer } of auxiliary) sourceLayer.dispose();
    return disposeNetwork();
  };
  return network;
}
