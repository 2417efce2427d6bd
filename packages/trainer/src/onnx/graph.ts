import { type OnnxAttribute, type OnnxNode, type OnnxTensor } from './proto.js';

/** An ONNX graph under construction. Values are known by their names. */
export class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];

  /** Adds an operation. @returns The name of what it gives. */
  add(
    type: string,
    name: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    const output = `${name}:0`;
    this.nodes.push({ type, name, inputs, output, attributes });
    return output;
  }

  /** Adds weights. @returns Their name. */
  weights(name: string, dims: readonly number[], values: Float32Array): string {
    this.constants.push({ name, dims, values });
    return name;
  }

  /** Adds sizes. @returns Their name. */
  sizes(name: string, values: readonly number[]): string {
    this.constants.push({ name, dims: [values.length], values: BigInt64Array.from(values, BigInt) });
    return name;
  }
}
