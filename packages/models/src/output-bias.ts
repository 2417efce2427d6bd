import { tensor, tensor1d } from '@tensorflow/tfjs-core';
import { type layers, type LayersModel } from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/**
 * Sets the bias of the last layer so that logits of 0 elsewhere predict given class proportions: log(q / (1 - q)) of the second class for one
 * output, log q of each class for more. A training then starts from the true region sizes and not from one half.
 *
 * @param model Whose last layer with weights has a bias for each output.
 * @param proportions Of each class, above 0, with sum 1; two for a model of one output.
 * @throws {RangeError} If the proportions do not fit the outputs or are not such, or the model has no such bias.
 *
 * @example
 * ```ts
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * setOutputBias(model, [0.9, 0.1]);
 * tf.sigmoid(model.weights.at(-1).read()); // → [0.1]
 * setOutputBias(model, [0.9, 0.05, 0.05]); // → throws RangeError: setOutputBias: wanted 2 proportions for 1 outputs, got 3
 * ```
 *
 * @see Lin et al., "Focal loss", ICCV 2017, arXiv:1708.02002, §3.3 (prior of the foreground).
 */
export function setOutputBias(model: LayersModel, proportions: readonly number[]): void {
  const outputs = model.outputs[0]!.shape.at(-1)!;
  const wanted = outputs === 1 ? 2 : outputs;
  if (proportions.length !== wanted) {
    throw new RangeError(
      `setOutputBias: wanted ${wanted} proportions for ${outputs} outputs, got ${proportions.length}`,
    );
  }
  const sum = proportions.reduce((total, share) => total + share, 0);
  if (!proportions.every((share) => share > 0) || Math.abs(sum - 1) > 1e-6) {
    throw new RangeError(
      `setOutputBias: wanted proportions above 0 with sum 1, got ${proportions.join(', ')}`,
    );
  }
  const values =
    outputs === 1
      ? [Math.log(proportions[1]! / proportions[0]!)]
      : proportions.map((share) => Math.log(share));
  const value = tensor1d(values);
  biasOf(model, outputs).write(value);
  value.dispose();
}

/**
 * Mirrors every second weight of a single output if all of them have one sign; else nothing changes. Behind a ReLU such an output stays on one side of its bias,
 * which a short training does not leave: with eight weights one start in 128 is of that kind.
 *
 * @param model Other numbers of outputs, and last layers without a kernel, are left alone.
 * @returns Whether weights were mirrored.
 *
 * @example
 * ```ts
 * const { layers, sequential } = await import('@tensorflow/tfjs-layers');
 * const model = sequential({ layers: [layers.dense({ inputShape: [4], units: 1, kernelInitializer: 'ones' })] });
 * mixOutputSigns(model); // → true
 * model.getWeights()[0]; // → [[1], [-1], [1], [-1]]
 * mixOutputSigns(model); // → false
 * ```
 */
export function mixOutputSigns(model: LayersModel): boolean {
  const kernel = lastLayer(model).weights.find(
    ({ originalName, shape }) => originalName.endsWith('kernel') && shape.at(-1) === 1,
  );
  if (kernel === undefined || model.outputs[0]!.shape.at(-1) !== 1) return false;
  const weights = kernel.read();
  const values = weights.dataSync();
  const signs = new Set(values.map(Math.sign));
  if (values.length < 2 || signs.size > 1 || signs.has(0)) return false;
  const mixed = tensor(values.map((value, i) => (i % 2 === 0 ? value : -value)), weights.shape); // prettier-ignore
  kernel.write(mixed);
  mixed.dispose();
  return true;
}

/** Behind it, only layers without weights and with one input: up-sampling, a reshape. */
function lastLayer(model: LayersModel): Layer {
  let layer = model.outputs[0]!.sourceLayer as Layer;
  while (layer.weights.length === 0) {
    const before = layer.inboundNodes[0]?.inboundLayers ?? [];
    if (before.length !== 1) break;
    layer = before[0] as Layer;
  }
  return layer;
}

function biasOf(model: LayersModel, outputs: number) {
  const layer = lastLayer(model);
  const bias = layer.weights.find(({ originalName, shape }) => {
    return originalName.endsWith('bias') && shape.length === 1 && shape[0] === outputs;
  });
  if (bias === undefined) {
    throw new RangeError(
      `setOutputBias: wanted a model whose last layer has a bias for each of ${outputs} outputs, got none in ${layer.name}`,
    );
  }
  return bias;
}
