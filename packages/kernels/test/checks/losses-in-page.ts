// Checks every loss in a page on WebGL, and sends the findings to its server.
import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import { parseLoss } from '@segloss/losses';
import { checkLoss } from '@segloss/losses/testing';
import * as tf from '@tensorflow/tfjs-core';

import golden from '../../../losses/test/golden/golden.json';
import { compareFile } from '../../../losses/test/parity/compare';
import { wrongLosses } from './run';

/** What the page receives. */
export type LossTask =
  /**
   * The fixture from numpy, and the contract of these specs. Shaders serve all shapes of a rank, which is many times faster, and not what tfjs does
   * by default.
   */
  | { readonly check: 'contract'; readonly specs: readonly string[] }
  /** Value and gradient against the cpu backend, with the settings that every page has. */
  | { readonly check: 'values'; readonly specs: readonly string[] }
  /** What is refused where textures hold half precision. */
  | { readonly check: 'half precision'; readonly specs: readonly string[] };

/** What it finds. */
export interface LossFindings {
  readonly backend: string;
  /** Bits of the numbers in textures. */
  readonly precision: number;
  /** What is wrong, by spec or case; empty is right. */
  readonly wrong: Readonly<Record<string, unknown>>;
  /** How many cases of the fixture were compared. */
  readonly cases?: number;
  readonly threw?: string;
}

async function main(task: LossTask): Promise<LossFindings> {
  const flags = tf.env();
  flags.set('PROD', true);
  flags.set('WEBGL_CPU_FORWARD', false); // which would leave tensors as small as these to JavaScript
  if (task.check === 'contract') flags.set('WEBGL_USE_SHAPES_UNIFORMS', true);
  if (task.check === 'half precision') flags.set('WEBGL_FORCE_F16_TEXTURES', true);
  await tf.setBackend('webgl');
  const found = await findings(task);
  return {
    backend: tf.getBackend(),
    precision: flags.getBool('WEBGL_RENDER_FLOAT32_ENABLED') ? 32 : 16,
    ...found,
  };
}

async function findings({ check, specs }: LossTask): Promise<Pick<LossFindings, 'wrong' | 'cases'>> {
  if (check !== 'contract') return { wrong: await wrongLosses('webgl', specs) };
  const outcomes = compareFile(golden as never);
  const failed = outcomes.filter(({ result }) => result !== 'passed');
  const wrong: Record<string, unknown> = Object.fromEntries(failed.map(({ id, reason }) => [id, reason]));
  for (const spec of specs) {
    const failures = checkLoss(parseLoss(spec)).flatMap(({ mode, rule, failures: each }) =>
      each.map((why) => `${mode}: ${rule}: ${why}`),
    );
    if (failures.length > 0) wrong[spec] = failures;
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { wrong, cases: outcomes.length };
}

const send = (found: object) => fetch('/findings', { method: 'POST', body: JSON.stringify(found) });
const task = JSON.parse(new URLSearchParams(location.search).get('task')!) as LossTask;
void main(task).then(send, (error: Error) => send({ threw: `${error.message}\n${error.stack}` }));
