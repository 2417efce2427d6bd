// Runs the checks in a Node of its own: node in-node.js '{ backend, amount, ... }' prints the findings as JSON.
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

import { RELAXED_KERNELS_BASE64 } from '../../src/generated/kernels-relaxed';
import { gpuErrors } from './gpu-errors';
import { runChecks, wrongLosses, type Amount } from './run';

/** What the process is told. */
export interface NodeTask {
  readonly backend: 'wasm' | 'webgpu';
  readonly amount: Amount;
  /** Folder of tfjs's wasm files. */
  readonly wasmPaths: string;
  /** File URL of the npm package webgpu. */
  readonly dawn?: string;
}

async function main(task: NodeTask) {
  tf.env().set('PROD', true);
  if (task.backend === 'wasm') {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(task.wasmPaths);
    await import('@segloss/kernels/wasm');
    await tf.setBackend('wasm');
    const relaxed = WebAssembly.validate(Buffer.from(RELAXED_KERNELS_BASE64, 'base64'));
    return { ...(await runChecks(task.amount)), node: process.versions.node, relaxed };
  }
  const { create, globals } = await import(task.dawn!);
  Object.assign(globalThis, globals);
  // SwiftShader takes seconds to compile the clearing of workgroup memory.
  const gpu = create(['enable-dawn-features=disable_workgroup_init']);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  if ((await gpu.requestAdapter()) === null) return { missing: 'Dawn finds no Vulkan driver' };
  await import('@segloss/kernels/webgpu'); // tfjs looks for navigator.gpu when it is imported
  await import('@tensorflow/tfjs-backend-cpu');
  await tf.setBackend('webgpu');
  const errors = gpuErrors();
  const findings = await runChecks(task.amount);
  return { ...findings, losses: await wrongLosses('webgpu'), errors };
}

void main(JSON.parse(process.argv[2]!)).then(
  (found) => process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0)), // Dawn would keep it alive
  (error: Error) =>
    process.stdout.write(`${JSON.stringify({ threw: error.stack })}\n`, () => process.exit(1)),
);
