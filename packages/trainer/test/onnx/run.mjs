// Runs ONNX files by onnxruntime, in a process of its own: node run.mjs REQUEST.json, which lists { model, shape, input, output }; files of float32.
import { readFileSync, writeFileSync } from 'node:fs';

import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';
for (const { model, shape, input, output } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const session = await ort.InferenceSession.create(readFileSync(model), { executionProviders: ['wasm'] });
  const values = new Float32Array(new Uint8Array(readFileSync(input)).buffer);
  const { logits } = await session.run({ image: new ort.Tensor('float32', values, shape) });
  writeFileSync(output, new Uint8Array(logits.data.buffer, logits.data.byteOffset, logits.data.byteLength));
  writeFileSync(`${output}.json`, JSON.stringify(logits.dims));
}
