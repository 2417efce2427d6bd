// Steps of Adam on the backend that it is told: node steps.js '{ backend, steps, ... }' prints the losses as JSON. It must end by
// itself.
import { adam } from '@segloss/kernels';
import { parseLoss } from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';

import { releaseBackend } from '../../src/backend/release';
import { backendErrors } from '../../src/loop/device';
import { selectBackend } from '../../src/backend/select-backend';
import { type BackendChoice, type BackendName } from '../../src/backend/types';
import { unet } from '@segloss/models';

/** What the process is told. */
export interface StepsTask {
  readonly backend: BackendName | 'auto';
  readonly steps: number;
  readonly threads?: number;
  /** Whether to run a shader that does not compile, after the steps. */
  readonly breakShader?: boolean;
}

/** What it prints. */
export interface Steps {
  readonly node: string;
  readonly choice: BackendChoice;
  readonly losses: readonly number[];
  /** What came of the shader that does not compile. */
  readonly shader?: string;
  /** Tensors that the steps left. */
  readonly leaked: number;
  /** The backend of tfjs after the release, and whether the first one could be started again. */
  readonly released: { readonly backend: string; readonly again: boolean };
}

async function train(steps: number): Promise<{ losses: number[]; leaked: number }> {
  const model = unet({ inputShape: [16, 16, 2], outputs: 3, widths: [4, 8], norm: 'batch', seed: 3 });
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const images = tf.randomUniform([2, 16, 16, 2], -1, 1, 'float32', 1);
  const labels = tf.tidy(() => tf.cast(tf.floor(tf.randomUniform([2, 16, 16], 0, 3, 'float32', 2)), 'int32'));
  const loss = parseLoss('ce + l1');
  const optimizer: tf.Optimizer = adam(1e-2);
  const losses: number[] = [];
  let [early, late] = [0, 0];
  for (let step = 0; step < steps; step++) {
    const forward = () => loss(labels, model.apply(images, { training: true }) as tf.Tensor);
    const { value, grads } = tf.variableGrads(forward as () => tf.Scalar, variables);
    optimizer.applyGradients(grads as Parameters<typeof optimizer.applyGradients>[0]);
    losses.push((await value.data())[0]!);
    await backendErrors();
    tf.dispose([value, grads]);
    if (step === 0) early = tf.memory().numTensors; // Adam has made its moments
    late = tf.memory().numTensors;
  }
  return { losses, leaked: late - early };
}

/** What tfjs alone would only print. */
async function runBrokenShader(): Promise<string> {
  const { webgpu_util } = await import('@tensorflow/tfjs-backend-webgpu');
  const outputShape = [2048];
  const dispatchLayout = { x: [0] };
  const workgroupSize: [number, number, number] = [64, 1, 1];
  const program = {
    ...{ outputShape, dispatchLayout, workgroupSize, variableNames: ['x'], shaderKey: 'broken', size: true },
    dispatch: webgpu_util.computeDispatch(dispatchLayout, outputShape, workgroupSize),
    getUserCode: () => 'fn main(index : i32) { result[index] = no_such_function(index); }',
  };
  const backend = tf.backend() as unknown as {
    runWebGPUProgram(program: object, inputs: tf.Tensor[], dtype: string): tf.TensorInfo;
  };
  backend.runWebGPUProgram(program, [tf.ones(outputShape)], 'float32');
  return backendErrors().then(
    () => 'no error',
    (error: Error) => error.message,
  );
}

async function main({ backend, steps, threads, breakShader }: StepsTask): Promise<Steps> {
  const choice = await selectBackend(backend, threads === undefined ? {} : { threads });
  const found = await train(steps);
  const shader = breakShader ? { shader: await runBrokenShader() } : {};
  await releaseBackend();
  const after = tf.getBackend();
  const again = (await selectBackend(choice.name)).name === choice.name;
  await releaseBackend();
  return { node: process.versions.node, choice, ...found, ...shader, released: { backend: after, again } };
}

void main(JSON.parse(process.argv[2]!)).then(
  (found) => console.log(JSON.stringify(found)),
  (error: Error) => console.log(JSON.stringify({ threw: error.stack })),
);
