import { type Graph } from './graph.js';
import { type OnnxAttribute } from './proto.js';

/** A layer of tfjs that becomes operations of ONNX. Shapes are without the batch, channels last as tfjs has them. */
export interface LayerToConvert {
  readonly graph: Graph;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** By kind: `kernel`, `bias`, `gamma`, ... */
  readonly weights: Readonly<Record<string, Weight>>;
  readonly inputs: readonly string[];
  readonly inputShapes: readonly (readonly number[])[];
  readonly outputShape: readonly number[];
}

interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** @returns The name of the layer's output. */
type Convert = (layer: LayerToConvert) => string;

/** The layers that can be converted, by the names of their classes. */
export const LAYERS: Readonly<Record<string, Convert>> = {
  Conv2D: convolution,
  Conv3D: convolution,
  DepthwiseConv2D: depthwise,
  DilatedDepthwiseConv2D: depthwise,
  Conv2DTranspose: transposed,
  Conv3DTranspose: transposed,
  MaxPooling2D: maxPooling,
  MaxPooling3D: maxPooling,
  BatchNormalization: ({ graph, name, config, weights, inputs }) =>
    graph.add(
      'BatchNormalization',
      name,
      [inputs[0]!, ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((kind) => vector(graph, name, kind, weights))], // prettier-ignore
      { epsilon: { float: config['epsilon'] as number } },
    ),
  GroupNormalization: groupNormalization,
  ReLU({ graph, name, config, inputs }) {
    const { maxValue } = config as { maxValue?: number };
    const relu = graph.add('Relu', name, inputs);
    if (maxValue === undefined || maxValue === null) return relu;
    const limit = graph.weights(`${name}/max`, [], Float32Array.of(maxValue));
    return graph.add('Min', `${name}/limited`, [relu, limit]);
  },
  HardSigmoid: ({ graph, name, inputs }) =>
    graph.add('HardSigmoid', name, inputs, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  HardSwish: ({ graph, name, inputs }) => graph.add('HardSwish', name, inputs),
  SiLU({ graph, name, inputs }) {
    const share = graph.add('Sigmoid', `${name}/share`, inputs);
    return graph.add('Mul', name, [inputs[0]!, share]);
  },
  Activation({ graph, name, config, inputs }) {
    if (config['activation'] !== 'sigmoid')
      refuse({ name }, `with the activation ${String(config['activation'])}`);
    return graph.add('Sigmoid', name, inputs);
  },
  ZeroPadding2D({ graph, name, config, inputs }) {
    const [[top, bottom], [left, right]] = config['padding'] as [[number, number], [number, number]];
    const pads = graph.sizes(`${name}/pads`, [0, 0, top, left, 0, 0, bottom, right]);
    return graph.add('Pad', name, [inputs[0]!, pads]);
  },
  UpSampling2D: (layer) =>
    resize(layer, {
      ...(layer.config['interpolation'] === 'bilinear' ? refuse(layer, 'bilinear') : {}),
      ...{ mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    }),
  BilinearUpSampling2D: (layer) =>
    resize(layer, { mode: 'linear', coordinate_transformation_mode: 'align_corners' }),
  GlobalAveragePooling2D({ graph, name, inputs }) {
    const mean = graph.add('GlobalAveragePool', `${name}/mean`, inputs);
    return graph.add('Flatten', name, [mean], { axis: 1 });
  },
  // Channels stay last there, and so first here; the other sizes follow each other in the same order.
  Reshape({ graph, name, inputs, inputShapes, outputShape }) {
    if (inputShapes[0]!.at(-1) !== outputShape.at(-1)) refuse({ name }, `to [${outputShape.join(',')}]`);
    const shape = graph.sizes(`${name}/shape`, [0, outputShape.at(-1)!, ...outputShape.slice(0, -1)]);
    return graph.add('Reshape', name, [inputs[0]!, shape]);
  },
  Concatenate({ graph, name, config, inputs, outputShape }) {
    const { axis } = config as { axis: number };
    if (axis !== -1 && axis !== outputShape.length) refuse({ name }, `along axis ${axis}`);
    return graph.add('Concat', name, inputs, { axis: 1 });
  },
  Add: ({ graph, name, inputs }) => graph.add('Sum', name, inputs),
  Multiply: ({ graph, name, inputs }) => graph.add('Mul', name, inputs),
  // What happens in training only.
  SeededDropout: ({ inputs }) => inputs[0]!,
  Dropout: ({ inputs }) => inputs[0]!,
};

function refuse({ name }: Pick<LayerToConvert, 'name'>, what: string): never {
  throw new RangeError(`toOnnx: wanted a layer that ONNX has too, got ${name} ${what}; convert the model without it`); // prettier-ignore
}

function vector(graph: Graph, name: string, kind: string, weights: LayerToConvert['weights']): string {
  const { values } = weights[kind] ?? refuse({ name }, `without ${kind}`);
  return graph.weights(`${name}/${kind}`, [values.length], values);
}

/** Filters `[...sides, inputs, outputs]`, in any order of the last two, with these before the sides. */
function filtersFirst({ shape, values }: Weight, [first, second]: readonly [number, number]): Weight {
  const sides = shape.slice(0, -2);
  const taps = sides.reduce((product, side) => product * side, 1);
  const [a, b] = shape.slice(-2) as [number, number];
  const size = { [-2]: a, [-1]: b } as Record<number, number>;
  const result = new Float32Array(values.length);
  let to = 0;
  for (let i = 0; i < size[first]!; i++) {
    for (let j = 0; j < size[second]!; j++) {
      const at = first === -2 ? i * b + j : j * b + i;
      for (let tap = 0; tap < taps; tap++) result[to++] = values[tap * a * b + at]!;
    }
  }
  return { shape: [size[first]!, size[second]!, ...sides], values: result };
}

/** Output and kernel, bias if there is one, and the activation. */
function withFilters(
  layer: LayerToConvert,
  type: 'Conv' | 'ConvTranspose',
  filters: Weight,
  attributes: Readonly<Record<string, OnnxAttribute>>,
): string {
  const { graph, name, weights, inputs, config } = layer;
  const kernel = graph.weights(`${name}/kernel`, filters.shape, filters.values);
  const bias = weights['bias'] === undefined ? [] : [vector(graph, name, 'bias', weights)];
  const linear = graph.add(type, name, [inputs[0]!, kernel, ...bias], attributes);
  const activation = (config['activation'] ?? 'linear') as string;
  if (activation === 'linear') return linear;
  if (activation !== 'relu') refuse(layer, `with the activation ${activation}`);
  return graph.add('Relu', `${name}/relu`, [linear]);
}

function convolution(layer: LayerToConvert): string {
  return withFilters(layer, 'Conv', filtersFirst(layer.weights['kernel']!, [-1, -2]), {
    ...windowOf(layer, layer.weights['kernel']!.shape.slice(0, -2)),
  });
}

function depthwise(layer: LayerToConvert): string {
  const kernel = layer.weights['depthwise_kernel']!;
  if (kernel.shape.at(-1) !== 1) refuse(layer, `with ${kernel.shape.at(-1)} filters for each channel`);
  const { dilation } = layer.config as { dilation?: number };
  const own = dilation === undefined ? layer : { ...layer, config: { ...layer.config, padding: 'same', strides: 1, dilationRate: dilation } }; // prettier-ignore
  return withFilters(own, 'Conv', filtersFirst(kernel, [-2, -1]), {
    ...windowOf(own, kernel.shape.slice(0, -2)),
    group: kernel.shape.at(-2)!,
  });
}

/** The gradient of a convolution: filters are `[...sides, outputs, inputs]`. */
function transposed(layer: LayerToConvert): string {
  const { config, weights } = layer;
  const kernel = weights['kernel']!;
  const sides = kernel.shape.slice(0, -2);
  const strides = perAxis(config['strides'], sides.length);
  const cut = sides.map((side, axis) => (config['padding'] === 'same' ? Math.max(0, side - strides[axis]!) : 0)); // prettier-ignore
  if (sides.some((side, axis) => side < strides[axis]!)) refuse(layer, 'with strides longer than its kernel');
  return withFilters(layer, 'ConvTranspose', filtersFirst(kernel, [-1, -2]), {
    kernel_shape: sides,
    strides,
    pads: padsOf(cut),
  });
}

function maxPooling(layer: LayerToConvert): string {
  const { graph, name, inputs, config, inputShapes } = layer;
  const window = windowOf(layer, perAxis(config['poolSize'], inputShapes[0]!.length - 1));
  return graph.add('MaxPool', name, inputs, window);
}

/** Kernel, strides, dilations, and the padding that tfjs means. */
function windowOf(
  { config, inputShapes }: LayerToConvert,
  kernel: readonly number[],
): Readonly<Record<string, readonly number[]>> {
  const strides = perAxis(config['strides'] ?? 1, kernel.length);
  const dilations = perAxis(config['dilationRate'] ?? 1, kernel.length);
  const total = kernel.map((side, axis) => {
    if (config['padding'] !== 'same') return 0;
    const size = inputShapes[0]![axis]!;
    const reach = (side - 1) * dilations[axis]! + 1;
    return Math.max(0, (Math.ceil(size / strides[axis]!) - 1) * strides[axis]! + reach - size);
  });
  return { kernel_shape: kernel, strides, dilations, pads: padsOf(total) };
}

/** Half of the padding before, the larger half after. */
function padsOf(total: readonly number[]): number[] {
  const before = total.map((one) => Math.floor(one / 2));
  return [...before, ...total.map((one, axis) => one - before[axis]!)];
}

function perAxis(value: unknown, axes: number): readonly number[] {
  return typeof value === 'number' ? Array<number>(axes).fill(value) : (value as readonly number[]);
}

function resize(
  { graph, name, inputs, inputShapes, outputShape }: LayerToConvert,
  attributes: Readonly<Record<string, OnnxAttribute>>,
): string {
  const factors = outputShape.slice(0, -1).map((side, axis) => side / inputShapes[0]![axis]!);
  const scales = graph.weights(`${name}/scales`, [2 + factors.length], Float32Array.of(1, 1, ...factors));
  return graph.add('Resize', name, [inputs[0]!, '', scales], attributes);
}

/** Instances of groups: ONNX has a group normalization of its own in later operator sets only. */
function groupNormalization({ graph, name, config, weights, inputs, outputShape }: LayerToConvert): string {
  const { groups, epsilon } = config as { groups: number; epsilon: number };
  const channels = outputShape.at(-1)!;
  const sides = outputShape.slice(0, -1);
  const grouped = graph.add('Reshape', `${name}/groups`, [inputs[0]!, graph.sizes(`${name}/grouped`, [0, groups, -1])]); // prettier-ignore
  const ones = graph.weights(`${name}/ones`, [groups], new Float32Array(groups).fill(1));
  const zeros = graph.weights(`${name}/zeros`, [groups], new Float32Array(groups));
  const normalized = graph.add('InstanceNormalization', `${name}/normalized`, [grouped, ones, zeros], { epsilon: { float: epsilon } }); // prettier-ignore
  const shape = graph.sizes(`${name}/shape`, [0, channels, ...sides]);
  const back = graph.add('Reshape', `${name}/back`, [normalized, shape]);
  const perChannel = (kind: string) =>
    graph.weights(`${name}/${kind}`, [channels, ...sides.map(() => 1)], weights[kind]!.values);
  const scaled = graph.add('Mul', `${name}/scaled`, [back, perChannel('gamma')]);
  return graph.add('Add', name, [scaled, perChannel('beta')]);
}
