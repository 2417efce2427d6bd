import { type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { Graph } from './graph.js';
import { LAYERS } from './layers.js';
import { encodeOnnx } from './proto.js';

/** Names of the input and the output of an exported model. */
export const ONNX_NAMES = { input: 'image', output: 'logits' } as const;

const OPSET = 17;

/**
 * Converts a model to ONNX, operator set 17. The file takes `image`, float32 `[batch, channels, (depth,) height, width]`, channels first as usual
 * there, and gives `logits` `[batch, outputs, (depth,) height, width]`, equal to those of the model but for rounding.
 *
 * @param model Of `@segloss/models`, or of the layers that those have; every size but the batch known.
 * @param metadata Kept in the file as its metadata properties.
 * @returns The bytes of the file.
 * @throws {RangeError} If a layer has no counterpart; the message names it.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const bytes = await toOnnx(unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 }), { classes: '["no","yes"]' });
 * Array.from(bytes.subarray(0, 2)); // → [8, 8]
 * ```
 */
export async function toOnnx(
  model: LayersModel,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const graph = new Graph();
  /** Names of values by the ids of tfjs's symbolic tensors. */
  const names = new Map<number, string>([[model.inputs[0]!.id, ONNX_NAMES.input]]);
  for (const layer of model.layers) {
    const kind = layer.getClassName();
    if (kind === 'InputLayer') continue;
    const convert = LAYERS[kind];
    if (convert === undefined) {
      const known = Object.keys(LAYERS).join(', ');
      throw new RangeError(`toOnnx: wanted layers that ONNX has too, got ${kind} (${layer.name}); known layers: ${known}`); // prettier-ignore
    }
    const inputs = listOf(layer.input);
    const output = layer.output as SymbolicTensor;
    const weights: Record<string, { shape: readonly number[]; values: Float32Array }> = {};
    for (const weight of layer.weights) {
      const kindOfWeight = weight.originalName.slice(weight.originalName.lastIndexOf('/') + 1);
      const tensor = (weight as unknown as { read(): Tensor }).read();
      weights[kindOfWeight] = { shape: tensor.shape, values: (await tensor.data()) as Float32Array };
    }
    const name = convert({
      graph,
      name: layer.name,
      config: layer.getConfig() as Readonly<Record<string, unknown>>,
      weights,
      inputs: inputs.map(({ id }) => names.get(id)!),
      inputShapes: inputs.map(({ shape }) => shape.slice(1) as number[]),
      outputShape: output.shape.slice(1) as number[],
    });
    names.set(output.id, name);
  }
  const [input, output] = [model.inputs[0]!, model.outputs[0]!];
  graph.nodes.push({
    type: 'Identity',
    name: ONNX_NAMES.output,
    inputs: [names.get(output.id)!],
    output: ONNX_NAMES.output,
    attributes: {},
  });
  const dims = ({ shape }: SymbolicTensor) => ['batch', shape.at(-1)!, ...(shape.slice(1, -1) as number[])];
  return encodeOnnx({
    ...{ nodes: graph.nodes, constants: graph.constants, opset: OPSET, metadata },
    input: { name: ONNX_NAMES.input, dims: dims(input) },
    output: { name: ONNX_NAMES.output, dims: dims(output) },
  });
}

const listOf = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]) : [value as T];
