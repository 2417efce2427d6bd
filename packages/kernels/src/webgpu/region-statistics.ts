import {
  REGION_STATISTICS_GRADIENT_KERNEL,
  REGION_STATISTICS_KERNEL,
  type RegionKernelAttributes,
  type StatisticName,
} from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { type PixelTensors } from '../wasm/losses/pixel-kernels.js';
import { float, type WebGPUBackend } from './backend.js';
import { pixelGradient, type Derivatives } from './pixel-gradient.js';
import { pixelSums } from './pixel-sums.js';
import { formOf } from './pixels.js';

/** What each statistic adds up. */
const VALUES: Readonly<Record<StatisticName, string>> = {
  count: 'v',
  target: 'y',
  targetSquares: 'y * y',
  predicted: 'v * s',
  predictedSquares: 'v * s * s',
  overlap: 'y * s',
  overlapSquares: 'y * s * s',
  difference: 'v * abs(s - y)',
  logLikelihood: 'y * logS',
  logSum: 'v * logS',
  tempered: 'v * t',
  predictedComplement: 'v * c',
  temperedComplement: 'v * tc',
  complementLogLikelihood: '(v - y) * logC',
  complementLogSum: 'v * logC',
};

type Variable = 's' | 'logS' | 'logC' | 't';

/** The derivative of a statistic, and by what; c = 1 - s. Those of counts and labels alone have none. */
const DERIVATIVES: Readonly<Partial<Record<StatisticName, readonly [Variable, string]>>> = {
  predicted: ['s', 'v'],
  predictedSquares: ['s', '2.0 * v * s'],
  overlap: ['s', 'y'],
  overlapSquares: ['s', '2.0 * y * s'],
  difference: ['s', 'v * sign(s - y)'],
  logLikelihood: ['logS', 'y'],
  logSum: ['logS', 'v'],
  tempered: ['t', 'v'],
  predictedComplement: ['s', '-v'],
  temperedComplement: ['t', '-v'],
  complementLogLikelihood: ['logC', '(v - y)'],
  complementLogSum: ['logC', 'v'],
};

/** The sums of all pixels for every statistic asked, `[S, B, K]`. */
export const regionStatistics: KernelConfig = {
  kernelName: REGION_STATISTICS_KERNEL,
  backendName: 'webgpu',
  kernelFunc({ inputs, attrs, backend }) {
    const { statistics, activation, temperature } = attrs as unknown as RegionKernelAttributes;
    const tensors = inputs as unknown as PixelTensors;
    const form = formOf(tensors, activation, isTempered(statistics));
    const values = statistics.map((name) => VALUES[name]);
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
  return statistics.some((name) => DERIVATIVES[name]?.[0] === 't');
}

function derivativesOf(
  statistics: readonly StatisticName[],
  activation: RegionKernelAttributes['activation'],
): Derivatives {
  const by = (variable: Variable) =>
    statistics
      .flatMap((name, j) => {
        const [of, derivative] = DERIVATIVES[name] ?? [];
        return of === variable ? [`dyOf(${j}, row, k) * ${derivative}`] : [];
      })
      .join(' + ');
  if (activation === 'softmax') return { activation, byS: by('s'), byLogS: by('logS'), byT: by('t') };
  const slopes = { s: 's * c', logS: 'c', logC: '-s', t: 'uniforms.temperature * t * tc' };
  const terms = Object.entries(slopes).flatMap(([variable, slope]) => {
    const weight = by(variable as Variable);
    return weight ? [`(${slope}) * (${weight})`] : [];
  });
  return { activation, byLogit: terms.join(' + ') || '0.0 * dyOf(0, row, k)' };
}
