import { lossProfile, type LossProfile } from '@segloss/bias';
import { registerCpuKernels } from '@segloss/kernels';
import { defineLoss, parseLoss, type Loss } from '@segloss/losses';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers the gradients
import {
  abs,
  add,
  div,
  env,
  exp,
  log,
  mean,
  mul,
  pow,
  scalar,
  setBackend,
  sqrt,
  sub,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';

import { parseFormula, type Formula } from './formula.js';
import { FORMULA } from './losses.js';

/** A spec of the library, or after `formula:` a formula. */
export interface CardRequest {
  readonly spec: string;
}
export type CardAnswer =
  | { readonly kind: 'card'; readonly spec: string; readonly profile: LossProfile }
  | { readonly kind: 'error'; readonly message: string };

/** Measures a loss in this thread. */
export async function runCard({ spec }: CardRequest, answer: (answer: CardAnswer) => void): Promise<void> {
  await measure(spec).then(answer, ({ message }: Error) => answer({ kind: 'error', message }));
}

async function measure(spec: string): Promise<CardAnswer> {
  env().set('PROD', true);
  registerCpuKernels();
  await setBackend('cpu');
  const loss = spec.startsWith(FORMULA) ? formulaLoss(spec.slice(FORMULA.length)) : parseLoss(spec);
  const profile = await lossProfile(loss, {
    q: [0.01, 0.1, 0.4],
    families: ['uniform', 'noise'],
    points: 33,
    posterior: ['shifted'],
    simplex: false,
  });
  return { kind: 'card', spec: loss.spec, profile };
}

function formulaLoss(text: string): Loss {
  const formula = parseFormula(text);
  return defineLoss({
    name: 'formula',
    summary: text.trim(),
    defaults: {},
    statistics: () => ['overlap', 'predicted', 'target', 'count'],
    compute: (sums) => mean(tensorOf(formula, sums as unknown as Record<string, Tensor>)) as Scalar,
  })();
}

function tensorOf(formula: Formula, sums: Record<string, Tensor>): Tensor {
  if (formula.kind === 'number') return scalar(formula.value);
  if (formula.kind === 'variable') return sums[formula.name]!;
  if (formula.kind === 'call') return { log, exp, sqrt, abs }[formula.name](tensorOf(formula.of, sums));
  return { '+': add, '-': sub, '*': mul, '/': div, '^': pow }[formula.name](
    tensorOf(formula.left, sums),
    tensorOf(formula.right, sums),
  );
}
