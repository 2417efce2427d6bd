import { type TensorInfo } from '@tensorflow/tfjs-core';

import { type PixelTensors } from '../wasm/losses/pixel-kernels.js';
import { integer, runShader, THREADS, type Shader, type WebGPUBackend } from './backend.js';
import { element, keyOf, inputsOf, readers, softmaxOf, softmaxOfRows, type PixelForm } from './pixels.js';

/** An image has no more parts than this, each summed by one workgroup. */
const MOST_PARTS = 1024;
/** Values that are added one by one before they join a sum of sums: plain float32 sums drift. */
const RUN = 16;

/**
 * Sums over the pixels of expressions in the variables of {@link element}, `[S, B, K]`: workgroups sum parts of an image, their
 * rows of threads in a tree, and a second pass the parts in a tree.
 */
export function pixelSums(
  backend: WebGPUBackend,
  tensors: PixelTensors,
  given: PixelForm,
  values: readonly string[],
  parameter: Shader['uniforms'],
): TensorInfo {
  const scored = values.some((value) => /\b(s|c|logS|logC|t|tc)\b/.test(value));
  const form = scored ? given : ({ ...given, activation: 'none' } as const);
  const [batch, pixels, classes] = tensors.logits.shape as [number, number, number];
  const lanes = Math.min(classes, THREADS);
  const rows = Math.floor(THREADS / lanes);
  const blocks = Math.ceil(classes / lanes);
  const tiles = Math.ceil(Math.ceil(pixels / THREADS) / MOST_PARTS);
  const parts = Math.ceil(pixels / (THREADS * tiles));
  const partial = runShader(
    backend,
    {
      key: ['sums', keyOf(form), ...values].join('_'),
      code: () => sumsCode(form, values),
      inputs: inputsOf(tensors, form),
      uniforms: {
        batch: integer(batch),
        pixels: integer(pixels),
        classes: integer(classes),
        lanes: integer(lanes),
        halfRows: integer(powerOfTwo(rows) >> 1),
        blocks: integer(blocks),
        tiles: integer(tiles),
        parts: integer(parts),
        ...parameter,
      },
      workgroups: batch * parts * blocks,
    },
    parts === 1 ? [values.length, batch, classes] : [values.length * batch, parts, classes],
  );
  if (parts === 1) return partial;
  const total = runShader(
    backend,
    {
      key: 'parts',
      code: partsCode,
      inputs: { partial },
      uniforms: {
        sums: integer(values.length * batch * classes),
        parts: integer(parts),
        classes: integer(classes),
      },
      workgroups: values.length * batch * classes,
    },
    [values.length, batch, classes],
  );
  backend.disposeData(partial.dataId);
  return total;
}

/** The smallest power of 2 from n on. */
function powerOfTwo(n: number): number {
  return 2 ** Math.ceil(Math.log2(n));
}

/** Threads lie in rows of one lane for each class; a row takes every so manieth pixel of a tile. */
function sumsCode(form: PixelForm, values: readonly string[]): string {
  const each = (line: (value: string, j: number) => string) => values.map(line).join('\n');
  const softmax = form.activation === 'softmax';
  return `
    ${readers(form)}
    ${softmax ? softmaxOfRows(form) : ''}
    var<workgroup> slots : array<f32, ${THREADS}>;

    fn main(index : i32) {
      let group = index / ${THREADS};
      let thread = index % ${THREADS};
      let part = (group / uniforms.blocks) % uniforms.parts;
      let image = group / (uniforms.blocks * uniforms.parts);
      let rows = ${THREADS} / uniforms.lanes;
      let place = thread / uniforms.lanes;
      let k = (group % uniforms.blocks) * uniforms.lanes + thread % uniforms.lanes;
      let works = image < uniforms.batch && place < rows && k < uniforms.classes;
      ${each((_, j) => `var total${j} = 0.0;`)}

      for (var tile = 0; tile < uniforms.tiles; tile++) {
        let first = (part * uniforms.tiles + tile) * ${THREADS};
        let count = min(${THREADS}, uniforms.pixels - first);
        ${
          softmax
            ? `if (image < uniforms.batch && thread < count) {
                 keepSoftmax(thread, image * uniforms.pixels + first + thread);
               }
               workgroupBarrier();`
            : ''
        }
        if (works) {
          for (var start = place; start < count; start += ${RUN} * rows) {
            ${each((_, j) => `var run${j} = 0.0;`)}
            for (var i = start; i < min(count, start + ${RUN} * rows); i += rows) {
              let row = image * uniforms.pixels + first + i;
              ${softmax ? softmaxOf(form, 'i') : ''}
              ${element(form)}
              ${each((value, j) => `run${j} += ${value};`)}
            }
            ${each((_, j) => `total${j} += run${j};`)}
          }
        }
        ${softmax ? 'workgroupBarrier();' : ''}
      }

      ${each(
        (_, j) => `
        slots[thread] = total${j};
        workgroupBarrier();
        for (var half = uniforms.halfRows; half > 0; half /= 2) {
          if (place < half && place + half < rows) { slots[thread] += slots[thread + half * uniforms.lanes]; }
          workgroupBarrier();
        }
        if (works && place == 0) {
          result[((${j} * uniforms.batch + image) * uniforms.parts + part) * uniforms.classes + k] = slots[thread];
        }
        workgroupBarrier();`,
      )}
    }`;
}

/** One workgroup adds the parts of one sum, `[sum, part, class]` to `[sum, class]`. */
function partsCode(): string {
  return `
    var<workgroup> slots : array<f32, ${THREADS}>;

    fn main(index : i32) {
      let group = index / ${THREADS};
      let thread = index % ${THREADS};
      let first = (group / uniforms.classes) * uniforms.parts * uniforms.classes + group % uniforms.classes;
      var total = 0.0;
      if (group < uniforms.sums) {
        for (var part = thread; part < uniforms.parts; part += ${THREADS}) {
          total += partial[first + part * uniforms.classes];
        }
      }
      slots[thread] = total;
      workgroupBarrier();
      for (var half = ${THREADS / 2}; half > 0; half /= 2) {
        if (thread < half) { slots[thread] += slots[thread + half]; }
        workgroupBarrier();
      }
      if (group < uniforms.sums && thread == 0) { result[group] = slots[0]; }
    }`;
}
