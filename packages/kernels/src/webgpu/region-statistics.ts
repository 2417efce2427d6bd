import {
  REGION_STATISTICS_GRADIENT_KERNEL,
  REGION_STATISTICS_KERNEL,
  STATISTIC_TABLE,
  type RegionKernelAttributes,
  type StatisticFormula,
  type StatisticName,
  type StatisticVariable,
} from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { type PixelTensors } from '../wasm/losses/pixel-kernels.js';
import { float, type WebGPUBackend } from './backend.js';
import { pixelGradient, type Derivatives } from './pixel-gradient.js';
import { pixelSums } from './pixel-sums.js';
import { formOf } from './pixels.js';

/** The derivative of each variable of a sigmoid by the logit. */
const SLOPES: Readonly<Record<StatisticVariable, string>> = {
  s: 's * c',
  c: '-s * c',
  logS: 'c',
  logC: '-s',
  t: 'uniforms.temperature * t * tc',
  tc: '-uniforms.temperature * t * tc',
};

/** The sums of all pixels for every statistic asked, `[S, B, K]`. */
export const regionStatistics: KernelConfig = {
  kernelName: REGION_STATISTICS_KERNEL,
  backendName: 'webgpu',
  kernelFunc({ inputs, attrs, backend }) {
    const { statistics, activation, temperature } = attrs as unknown as RegionKernelAttributes;
    const tensors = inputs as unknown as PixelTensors;
    const form = formOf(tensors, activation, isTempered(statistics));
    const values = statistics.map(valueOf);
    return pixelSums(backend as WebGPUBackend, tensors, form, values, { temperature: float(temperature) });
  },
};

/** The gradient of the logits, `[B, N, K]`, in one pass. */
export const regionStatisticsGradient: KernelConfig = {
  kernelName: REGION_STATISTICS_GRADIENT_KERNEL,
  backendName: 'webgpu',
  kernelFunc({ inputs, attrs, backend }) {
    const { statistics, activation, temperature } = attrs as unknown as RegionKernelAttributes;
    const tensors = inputs as unknown as PixelTensors & { dy: TensorInfo };
    const form = formOf(tensors, activation, isTempered(statistics));
    return pixelGradient(backend as WebGPUBackend, tensors, form, derivativesOf(statistics, activation), {
      temperature: float(temperature),
    });
  },
};

function isTempered(statistics: readonly StatisticName[]): boolean {
  return statistics.some((name) => ['t', 'tc'].includes(STATISTIC_TABLE[name].variable ?? ''));
}

/** What a pixel adds to the sum. */
function valueOf(name: StatisticName): string {
  const { weight, value } = STATISTIC_TABLE[name];
  return `(${weight}) * ${wgsl(value)}`;
}

function derivativesOf(
  statistics: readonly StatisticName[],
  activation: RegionKernelAttributes['activation'],
): Derivatives {
  /** The derivative of the weighted sum by a variable; empty where no statistic depends on it. */
  const by = (wanted: StatisticVariable) =>
    statistics
      .flatMap((name, j) => {
        const { weight, variable, slope } = STATISTIC_TABLE[name];
        return variable === wanted && slope !== undefined
          ? [`dyOf(${j}, row, k) * (${weight}) * ${wgsl(slope)}`]
          : [];
      })
      .join(' + ');
  if (activation === 'softmax') return { activation, byS: by('s'), byLogS: by('logS'), byT: by('t') };
  const terms = Object.entries(SLOPES).flatMap(([variable, slope]) => {
    const weight = by(variable as StatisticVariable);
    return weight ? [`(${slope}) * (${weight})`] : [];
  });
  return { activation, byLogit: terms.join(' + ') || '0.0 * dyOf(0, row, k)' };
}

/** The formula in WGSL. */
function wgsl(formula: StatisticFormula): string {
  if (typeof formula === 'number') return formula.toFixed(1);
  if (typeof formula === 'string') return formula;
  const parts = formula.slice(1).map((part) => wgsl(part as StatisticFormula));
  const [name] = formula;
  return name === 'abs' || name === 'sign' ? `${name}(${parts[0]})` : `(${parts.join(` ${name} `)})`;
}
