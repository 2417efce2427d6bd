import { type TensorInfo } from '@tensorflow/tfjs-core';

import { type PixelTensors } from '../wasm/losses/pixel-kernels.js';
import { integer, runShader, THREADS, type Shader, type WebGPUBackend } from './backend.js';
import { element, keyOf, inputsOf, readers, softmaxOf, softmaxOfRows, type PixelForm } from './pixels.js';

/** Derivatives of the weighted sum Σ_j dy_j value_j, in the variables of `element` and `dyOf(j)`. */
export type Derivatives =
  | { readonly activation: 'sigmoid'; readonly byLogit: string }
  | {
      readonly activation: 'softmax';
      /** By s, by log s and by t; absent where none of the values depends on it. */
      readonly byS?: string;
      readonly byLogS?: string;
      readonly byT?: string;
    };

/** The gradient of the logits, `[B, N, K]`, in one pass. */
export function pixelGradient(
  backend: WebGPUBackend,
  tensors: PixelTensors & { dy: TensorInfo },
  form: PixelForm,
  derivatives: Derivatives,
  parameter: Shader['uniforms'],
): TensorInfo {
  const [batch, pixels, classes] = tensors.logits.shape as [number, number, number];
  return runShader(
    backend,
    {
      key: ['gradient', keyOf(form), ...Object.entries(derivatives).flat()].join('_'),
      code: () => gradientCode(form, derivatives),
      inputs: { ...inputsOf(tensors, form), dy: tensors.dy },
      uniforms: {
        batch: integer(batch),
        pixels: integer(pixels),
        classes: integer(classes),
        ...parameter,
      },
      workgroups: Math.ceil((batch * pixels) / THREADS),
    },
    tensors.logits.shape,
  );
}

/** Threads take a row each for its softmax and sums over the classes, then elements in the order of the memory. */
function gradientCode(form: PixelForm, derivatives: Derivatives): string {
  const softmax = derivatives.activation === 'softmax';
  const { sums, gradient } = softmax
    ? throughSoftmax(derivatives)
    : { sums: [], gradient: derivatives.byLogit };
  const each = (line: (sum: ClassSum) => string) => sums.map(line).join(' ');
  return `
    ${readers(form)}
    fn dyOf(j : i32, row : i32, k : i32) -> f32 {
      return f32(dy[(j * uniforms.batch + row / uniforms.pixels) * uniforms.classes + k]);
    }
    ${softmax ? softmaxOfRows(form) : ''}
    ${each(({ name }) => `var<workgroup> ${name}s : array<f32, ${THREADS}>;`)}

    fn main(index : i32) {
      let thread = index % ${THREADS};
      let first = index - thread;
      let count = clamp(uniforms.batch * uniforms.pixels - first, 0, ${THREADS});
      ${
        softmax
          ? `if (thread < count) {
               let row = first + thread;
               keepSoftmax(thread, row);
               ${softmaxOf(form, 'thread')}
               ${each(({ name }) => `var ${name} = 0.0;`)}
               for (var k = 0; k < uniforms.classes; k++) {
                 ${element(form)}
                 ${each(({ name, value }) => `${name} += ${value};`)}
               }
               ${each(({ name }) => `${name}s[thread] = ${name};`)}
             }
             workgroupBarrier();`
          : ''
      }
      for (var i = thread; i < count * uniforms.classes; i += ${THREADS}) {
        let at = i / uniforms.classes;
        let row = first + at;
        let k = i % uniforms.classes;
        ${softmax ? softmaxOf(form, 'at') : ''}
        ${each(({ name }) => `let ${name} = ${name}s[at];`)}
        ${element(form)}
        result[first * uniforms.classes + i] = select(0.0, ${gradient}, v > 0.0);
      }
    }`;
}

/** A sum over the classes of a pixel. */
interface ClassSum {
  readonly name: string;
  readonly value: string;
}

/** ∂s_k/∂z_j = s_k (δ_jk - s_j) and ∂ log s_k/∂z_j = δ_jk - s_j: each needs one sum over the classes. */
function throughSoftmax({ byS, byLogS, byT }: Extract<Derivatives, { activation: 'softmax' }>): {
  sums: ClassSum[];
  gradient: string;
} {
  const parts = [
    byS && { name: 'dotS', value: `s * (${byS})`, term: `s * ((${byS}) - dotS)` },
    byLogS && { name: 'sumLog', value: byLogS, term: `(${byLogS}) - s * sumLog` },
    byT && { name: 'dotT', value: `t * (${byT})`, term: `uniforms.temperature * t * ((${byT}) - dotT)` },
  ].filter((part) => typeof part === 'object');
  return { sums: parts, gradient: parts.map(({ term }) => term).join(' + ') || '0.0 * dyOf(0, row, k)' };
}
