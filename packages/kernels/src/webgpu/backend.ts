import { util, type DataId, type KernelBackend, type TensorInfo } from '@tensorflow/tfjs-core';

/** What we use of tfjs's WebGPU backend. */
export interface WebGPUBackend extends KernelBackend {
  runWebGPUProgram(
    program: object,
    inputs: readonly TensorInfo[],
    dtype: 'float32',
    uniforms: readonly { type: 'int32' | 'float32'; data: number[] }[],
  ): TensorInfo;
  disposeData(id: DataId): boolean;
  /** Small tensors that are there already. */
  shouldExecuteOnCPU(tensors: readonly TensorInfo[]): boolean;
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): TensorInfo;
}

/** Threads of a workgroup. */
export const THREADS = 128;

/** A compute shader over tensors that it sees as flat arrays. */
export interface Shader {
  /** All that the code depends on: tfjs keeps pipelines by it. */
  readonly key: string;
  readonly code: () => string;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  /** In the order of the declaration, after those of tfjs. */
  readonly uniforms: Readonly<Record<string, { type: 'int32' | 'float32'; data: number[] }>>;
  readonly workgroups: number;
}

/** Runs a shader and gives its `result` the shape. */
export function runShader(backend: WebGPUBackend, shader: Shader, shape: readonly number[]): TensorInfo {
  const flat = (tensor: TensorInfo) => ({ ...tensor, shape: [util.sizeFromShape(tensor.shape)] });
  const declare = ([name, { type }]: [string, { type: string }]) =>
    `${name} : ${type === 'int32' ? 'i32' : 'f32'}, `;
  const program = {
    variableNames: Object.keys(shader.inputs),
    outputShape: [util.sizeFromShape([...shape])],
    workgroupSize: [THREADS, 1, 1],
    dispatchLayout: { x: [0] },
    dispatch: [shader.workgroups, 1, 1], // tfjs folds it where a dimension is not enough
    uniforms: Object.entries(shader.uniforms).map(declare).join(''),
    shaderKey: `segloss_${shader.key}`,
    getUserCode: shader.code,
  };
  const inputs = Object.values(shader.inputs).map(flat);
  const result = backend.runWebGPUProgram(program, inputs, 'float32', Object.values(shader.uniforms));
  return { ...result, shape: [...shape] };
}

export const integer = (value: number) => ({ type: 'int32' as const, data: [value] });
export const float = (value: number) => ({ type: 'float32' as const, data: [value] });
