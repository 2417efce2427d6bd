import { Message } from '../protobuf.js';

/** A constant of a graph: weights, or sizes. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

/** Value of an attribute of a node. Numbers are integers unless they stand in `{ float }`. */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

/** An operation. */
export interface OnnxNode {
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output; a side that is a name may have any size. */
export interface OnnxValue {
  readonly name: string;
  readonly dims: readonly (number | string)[];
}

/** What an ONNX file holds. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
  readonly input: OnnxValue;
  readonly output: OnnxValue;
  readonly opset: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Version of the format that came with operator set 17. */
const IR_VERSION = 8;

const [FLOAT, INT64] = [1, 7];

/**
 * Encodes a model as an ONNX file. The numbers are those of the fields in `onnx.proto`.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function encodeOnnx({ nodes, constants, input, output, opset, metadata }: OnnxModel): Uint8Array {
  return new Message()
    .integer(1, IR_VERSION)
    .text(2, 'segloss')
    .message(8, new Message().text(1, '').integer(2, opset))
    .message(
      7,
      new Message()
        .messages(1, nodes.map(nodeOf))
        .text(2, 'segloss')
        .messages(5, constants.map(tensorOf))
        .message(11, valueOf(input))
        .message(12, valueOf(output)),
    )
    .messages(
      14,
      Object.entries(metadata).map(([key, value]) => new Message().text(1, key).text(2, value)),
    )
    .finish();
}

function nodeOf({ type, name, inputs, output, attributes }: OnnxNode): Message {
  return new Message()
    .texts(1, inputs)
    .text(2, output)
    .text(3, name)
    .text(4, type)
    .messages(
      5,
      Object.entries(attributes).map(([key, value]) => attributeOf(key, value)),
    );
}

function attributeOf(name: string, value: OnnxAttribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, 2);
  if (typeof value === 'string') return message.text(4, value).integer(20, 3);
  if ('float' in value) return message.float(2, value.float).integer(20, 1);
  return message.integers(8, value).integer(20, 7);
}

function tensorOf({ name, dims, values }: OnnxTensor): Message {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return new Message()
    .integers(1, dims)
    .integer(2, values instanceof Float32Array ? FLOAT : INT64)
    .text(8, name)
    .bytes(9, bytes);
}

function valueOf({ name, dims }: OnnxValue): Message {
  const shape = new Message().messages(
    1,
    dims.map((dim) => (typeof dim === 'number' ? new Message().integer(1, dim) : new Message().text(2, dim))),
  );
  const tensor = new Message().integer(1, FLOAT).message(2, shape);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
