import { parseLoss } from '@segloss/losses';
import type { GoldenCase, GoldenFile } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { planFixture } from './fixture';
import { monaiAdapter } from './monai';
import { type Adapter, type Plan } from './plan';
import { planSegLossBias } from './seglossbias';
import { planSegLossOdyssey } from './seglossodyssey';
import { planSmp } from './segmentation-models-pytorch';

/** What became of one case. */
export interface Outcome {
  readonly id: string;
  readonly loss: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  /** Of a skip: the quirk. */
  readonly quirk?: string;
  /** Why it was skipped, or what is wrong. */
  readonly reason?: string;
}

const VALUE_TOLERANCE = 1e-5; // of max(1, |v|)
const GRADIENT_TOLERANCE = 1e-4; // of max(max|g|, 1e-3)

/** The adapter of a library, by the name in its golden file. */
export function adapterFor(file: GoldenFile): Adapter | undefined {
  const adapters: Readonly<Record<string, Adapter>> = {
    seglossbias: planSegLossBias,
    segmentation_models_pytorch: planSmp,
    monai: monaiAdapter(file.defaults),
    seglossodyssey: planSegLossOdyssey,
    fixture: planFixture,
    formulas: ({ loss }) => ({ terms: [{ spec: loss }], ignoreIndex: 255 }),
  };
  return adapters[file.library];
}

/** Every case of a file, on the current backend. */
export function compareFile(file: GoldenFile): Outcome[] {
  const adapter = adapterFor(file);
  return file.cases.map((golden) => {
    const { id, loss } = golden;
    const plan: Plan = adapter
      ? adapter(golden, file.inputs[golden.input]!)
      : { skip: 'missing', reason: `no adapter for ${file.library}` };
    if ('skip' in plan) return { id, loss, result: 'skipped', quirk: plan.skip, reason: plan.reason };
    let wrong: string[];
    try {
      wrong = differences(file, golden, plan);
    } catch (error) {
      wrong = [(error as Error).message];
    }
    if (wrong.length > 0) return { id, loss, result: 'failed', reason: wrong.join('; ') };
    if (golden.finite !== false) return { id, loss, result: 'passed' };
    const quirk = golden.quirks?.[0] ?? 'not finite';
    return { id, loss, result: 'skipped', quirk, reason: 'the reference is not finite; segloss is' };
  });
}

type Answerable = Exclude<Plan, { skip: string }>;

function differences(file: GoldenFile, golden: GoldenCase, plan: Answerable): string[] {
  const { value, terms, gradient } = evaluate(file, golden, plan);
  if (golden.finite === false) {
    return [value, ...gradient].every(Number.isFinite) ? [] : ['segloss is not finite'];
  }
  const wrong: string[] = [];
  const differ = (what: string, actual: number, wanted: number) => {
    if (!(Math.abs(actual - wanted) <= VALUE_TOLERANCE * Math.max(1, Math.abs(wanted))))
      wrong.push(`${what} ${actual}, wanted ${wanted}`);
  };
  differ('value', value, Number(golden.value64));
  Object.values(golden.terms ?? {}).forEach((term, i) => {
    if (plan.offset === undefined && !plan.onlyTotal) differ(`term ${i}`, terms[i]!, Number(term));
  });
  if (!golden.gradAmbiguous) {
    const wanted = golden.grad64.map(Number);
    const scale = Math.max(1e-3, ...wanted.map(Math.abs));
    const off = Math.max(...wanted.map((g, i) => Math.abs(g - gradient[i]!))) / scale;
    if (!(off <= GRADIENT_TOLERANCE)) wrong.push(`gradient off by ${off}`);
  }
  return wrong;
}

/** What segloss says of a case: value, terms, and the gradient in the reference's channels-first order. */
function evaluate(file: GoldenFile, golden: GoldenCase, plan: Answerable) {
  const spec = plan.terms
    .map(({ spec: one, weight = 1, scale = 1 }) => `${weight * scale}*${one}`)
    .join(' + ');
  const loss = parseLoss(spec);
  const input = file.inputs[golden.input]!;
  const { mode = golden.mode, ignoreIndex = -1 } = plan;
  const shape = golden.shapeLogits;
  return tf.tidy(() => {
    const mask = plan.mask === undefined ? undefined : maskOf(file, plan.mask);
    const call = {
      ...(mode !== 'terms' && { mode }),
      ...(ignoreIndex !== 'terms' && { ignoreIndex }),
      ...(mask && { mask }),
    };
    const labels = labelsOf(golden, input.labels, mode);
    let terms: number[] = [];
    const { value, grad } = tf.valueAndGrad((z: tf.Tensor) => {
      const evaluated = loss.evaluate(labels, z, call);
      terms = Object.values(evaluated.terms).map((term) => term.dataSync()[0]!);
      return evaluated.total;
    })(channelsLast(input.logits, shape));
    const order = [0, shape.length - 1, ...shape.slice(2).map((_, i) => i + 1)];
    return {
      value: value.dataSync()[0]! + (plan.offset ?? 0),
      terms: terms.map((term, i) => term * (plan.terms[i]!.scale ?? 1)),
      gradient: tf.transpose(grad, order).dataSync(),
    };
  });
}

function labelsOf(
  { shapeLogits: shape, mode: given }: GoldenCase,
  labels: number[],
  mode: string,
): tf.Tensor {
  if (given === 'multilabel') return channelsLast(labels, shape);
  const indices = tf.tensor(labels, [shape[0]!, ...shape.slice(2)], 'int32');
  return mode === 'multilabel' ? tf.oneHot(indices, shape[1]!) : indices;
}

function maskOf(file: GoldenFile, name: string): tf.Tensor {
  const { shape, values } = (file['extras'] as Record<string, { shape: number[]; values: number[] }>)[name]!;
  return channelsLast(values, shape);
}

/** Channels first to channels last. */
function channelsLast(values: readonly number[], shape: readonly number[]): tf.Tensor {
  const order = [0, ...shape.slice(2).map((_, i) => i + 2), 1];
  return tf.transpose(tf.tensor([...values], [...shape]), order);
}
