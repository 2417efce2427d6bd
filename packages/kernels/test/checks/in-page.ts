// Runs the checks in a page and sends the findings to its server. The query says the backend and the amount; no backend, no checks.
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

import { gpuErrors } from './gpu-errors';
import { runChecks } from './run';

async function main() {
  const { backend, amount } = JSON.parse(new URLSearchParams(location.search).get('task')!);
  if (backend === undefined) return { isolated: crossOriginIsolated };
  tf.env().set('PROD', true);
  if (backend === 'webgpu') {
    if ((await navigator.gpu?.requestAdapter()) == null)
      return { missing: 'the browser offers no WebGPU adapter' };
    await import('@segloss/kernels/webgpu');
  } else {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths('/tfjs-wasm/');
    await import('@segloss/kernels/wasm');
  }
  await tf.setBackend(backend);
  const errors = backend === 'webgpu' ? gpuErrors() : [];
  const findings = await runChecks(amount);
  return { ...findings, errors, isolated: crossOriginIsolated, browser: navigator.userAgent };
}

const send = (found: object) => fetch('/findings', { method: 'POST', body: JSON.stringify(found) });
void main().then(send, (error: Error) => send({ threw: `${error.message}\n${error.stack}` }));
