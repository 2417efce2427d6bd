import { parseLoss } from '@segloss/losses';
import type { GoldenCase, GoldenFile } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { planFixture } from './fixture';
import { monaiAdapter } from './monai';
import { type Adapter, type ExtraArray, type Plan, type PlannedTerm } from './plan';
import { planRecent } from './recent';
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
    recent: planRecent,
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
  const wanted = golden.grad64.map(Number);
  const scale = Math.max(1e-3, ...wanted.map(Math.abs));
  // Where the reference's own float32 gradient is far from its float64 one, the point is a tie or a jump.
  const spread = Number(golden['gradMaxAbsDiff32'] ?? 0) / scale;
  if (!golden.gradAmbiguous && !plan.onlyValue && spread <= GRADIENT_TOLERANCE) {
    const off = Math.max(...wanted.map((g, i) => Math.abs(g - gradient[i]!))) / scale;
    if (!(off <= GRADIENT_TOLERANCE)) wrong.push(`gradient off by ${off}`);
  }
  return wrong;
}

/** Terms that share labels and images. */
interface Part {
  readonly terms: readonly PlannedTerm[];
  /** Name of the extra array of labels. */
  readonly labels?: string;
  /** Index of the only image. */
  readonly image?: number;
  readonly share: number;
}

function partsOf(file: GoldenFile, { terms }: Answerable, images: number): Part[] {
  if (typeof terms === 'function') {
    const extra = (name: string) => extraOf(file, name);
    return Array.from({ length: images }, (_, image) => ({
      terms: terms(image, extra),
      image,
      share: 1 / images,
    }));
  }
  const names = [...new Set(terms.map(({ labels }) => labels))];
  return names.map((name) => ({
    terms: terms.filter(({ labels }) => labels === name),
    ...(name !== undefined && { labels: name }),
    share: 1,
  }));
}

/** What segloss says of a case: value, terms, and the gradient in the reference's channels-first order. */
function evaluate(file: GoldenFile, golden: GoldenCase, plan: Answerable) {
  const input = file.inputs[golden.input]!;
  const { mode = golden.mode, ignoreIndex = -1 } = plan;
  const shape = golden.shapeLogits;
  const parts = partsOf(file, plan, shape[0]!);
  return tf.tidy(() => {
    const given = labelsOf(golden, input.labels, mode);
    const only = <T extends tf.Tensor>(x: T, image: number | undefined): T =>
      image === undefined ? x : tf.slice(x, [image], [1]);
    let terms: number[] = [];
    const value = (z: tf.Tensor): tf.Scalar => {
      terms = [];
      const values = parts.map((part) => {
        const labels =
          part.labels === undefined ? given : labelsOf(golden, [...extraOf(file, part.labels).values], mode);
        const mask =
          plan.mask !== undefined
            ? maskOf(file, plan.mask)
            : part.labels !== undefined && typeof ignoreIndex === 'number'
              ? tf.notEqual(given, ignoreIndex)
              : undefined;
        const call = {
          ...(mode !== 'terms' && { mode }),
          ...(ignoreIndex !== 'terms' && { ignoreIndex }),
          ...(mask && { mask: only(mask, part.image) }),
        };
        const loss = parseLoss(specOf(part.terms));
        const evaluated = loss.evaluate(only(labels, part.image), only(z, part.image), call);
        const each = Object.values(evaluated.terms).map((term) => term.dataSync()[0]!);
        terms.push(...each.map((term, i) => term * (part.terms[i]?.scale ?? 1)));
        return tf.mul(part.share, evaluated.total);
      });
      return values.reduce((left, right) => tf.add(left, right)) as tf.Scalar;
    };
    const { value: total, grad } = tf.valueAndGrad(value)(channelsLast(input.logits, shape));
    const order = [0, shape.length - 1, ...shape.slice(2).map((_, i) => i + 1)];
    return {
      value: total.dataSync()[0]! + (plan.offset ?? 0),
      terms,
      gradient: tf.transpose(grad, order).dataSync(),
    };
  });
}

const specOf = (terms: readonly PlannedTerm[]): string =>
  terms.map(({ spec, weight = 1, scale = 1 }) => `${weight * scale}*${spec}`).join(' + ');

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
  const { shape, values } = extraOf(file, name);
  return channelsLast(values, shape);
}

const extraOf = (file: GoldenFile, name: string): ExtraArray =>
  (file['extras'] as Record<string, ExtraArray>)[name]!;

/** Channels first to channels last. */
function channelsLast(values: readonly number[], shape: readonly number[]): tf.Tensor {
  const order = [0, ...shape.slice(2).map((_, i) => i + 2), 1];
  return tf.transpose(tf.tensor([...values], [...shape]), order);
}
