import path from 'node:path';

import { lossProfile, type ProfileCurve, type ProfileFamily } from '@segloss/bias';
import { parseLoss, type Loss } from '@segloss/losses';
import { describeModule, loadConfig, resolveLoss, selectBackend } from '@segloss/trainer';
import { getBackend, setBackend } from '@tensorflow/tfjs-core';

import { sizeBins, type NoForce } from './size-bins.js';
import { specOf, type Leaderboard, type Row } from './table.js';

/** What a loss does to region sizes, measured on synthetic images of one true proportion. */
export interface MeasuredForce {
  /** True proportion of the images that were measured, as their pixels have it. */
  readonly q: number;
  /** Predicted over true size at which the loss is least if the pixels are known uncertainly; NaN where it is nowhere finite. */
  readonly preferred: number;
  /** Between these the loss is least; apart where it is flat. */
  readonly low: number;
  readonly high: number;
  /** Its force on a region of half the true size at the right place, relative to that of cross-entropy; NaN without a gradient. */
  readonly half: number;
  /** Predicted over true sizes, and the force on regions at the right place. */
  readonly curve: readonly (readonly [ratio: number, force: number])[];
}

/** The measured forces of the losses of a report. */
export interface MeasuredForces {
  /** @param spec As the runs resolved it. @param truth True proportion, one of those of the report. */
  of(spec: string, truth: number): MeasuredForce | NoForce;
  /** The user's own modules that were run, in words and hashes. */
  readonly modules: readonly string[];
}

/** A report whose losses were not measured. */
export const NOT_MEASURED: MeasuredForces = {
  of: () => ({ reason: 'not measured' }),
  modules: [],
};

/** From no region to ten times the true size; half of it is where forces are compared. */
export const RATIOS = [0.01, 0.1, 0.2, 0.5, 0.8, 1.25, 2, 4, 10] as const;
/** Up to most of the image, where that is more. */
const LARGEST_P = 0.99;
const HALF = 0.5;
/** Uncertain pixels show which size a loss prefers; a region at the right place shows how hard it pushes. */
const FAMILIES: readonly ProfileFamily[] = ['noise', 'nested'];
/** Wide enough for regions of a thousandth of the image to have several pixels. */
const LARGEST_SIDE = 64;
/** Images whose true proportion is further off, by this factor, do not stand for the wanted one. */
const NEAR = 1.3;

/**
 * Measures the forces of every loss of a report, at the true proportions of its size bins and of its rarest class. Runs on plain cpu, so that
 * the numbers are the same everywhere, and leaves the backend as it was.
 *
 * @param board What {@link leaderboard} returns.
 * @param options `modules`: whether losses may run that are modules of the user's own. Default false: a folder may come from anybody.
 *
 * @example
 * ```ts
 * const forces = await measureForces({ sections: [] });
 * forces.of('ce', 0.1); // → { reason: "ce: not measured" }
 * ```
 */
export async function measureForces(
  { sections }: Pick<Leaderboard, 'sections'>,
  { modules = false }: { readonly modules?: boolean } = {},
): Promise<MeasuredForces> {
  const wanted = new Map<string, { readonly row: Row; readonly truths: Set<number> }>();
  for (const { rows, data } of sections) {
    if (data === undefined) continue;
    for (const row of rows) {
      const spec = row.constant ? undefined : specOf(row);
      if (spec === undefined) continue;
      const { truths } = wanted.get(spec) ?? wanted.set(spec, { row, truths: new Set() }).get(spec)!;
      truths.add(data.truth[data.rareClass]!);
      for (const bin of sizeBins(row.replicates, data.rareClass)) truths.add(bin.truth);
    }
  }
  const measured = new Map<string, MeasuredLoss | NoForce>();
  const ran = new Set<string>();
  const before = wanted.size > 0 ? getBackend() : undefined;
  try {
    if (wanted.size > 0) await selectBackend('cpu');
    for (const [spec, { row, truths }] of wanted) {
      measured.set(spec, await measuredOrReason(spec, row, [...truths], modules, (text) => ran.add(text)));
    }
  } finally {
    if (before !== undefined && before !== getBackend()) await setBackend(before);
  }
  return {
    modules: [...ran],
    of(spec, truth) {
      const loss = measured.get(spec);
      if (loss === undefined) return { reason: `${spec}: not measured` };
      return 'reason' in loss ? loss : loss.at(truth);
    },
  };
}

interface MeasuredLoss {
  at(truth: number): MeasuredForce | NoForce;
}

async function measuredOrReason(
  spec: string,
  row: Row,
  truths: readonly number[],
  modules: boolean,
  ran: (text: string) => void,
): Promise<MeasuredLoss | NoForce> {
  try {
    const loss = await lossOf(spec, row, modules, ran);
    return 'reason' in loss ? loss : await measure(loss.loss, truths);
  } catch (error) {
    return { reason: `${spec}: ${firstLine(error)}` };
  }
}

/** The loss of a row. Modules of the user's own are read from the files that its run names, as they are now. */
async function lossOf(
  spec: string,
  { results }: Row,
  modules: boolean,
  ran: (text: string) => void,
): Promise<{ readonly loss: Loss } | NoForce> {
  try {
    return { loss: parseLoss(spec) };
  } catch {
    if (!modules) {
      return { reason: `${spec}: a module of your own, which segloss report --allow-modules runs and measures, or a loss that this version does not know` }; // prettier-ignore
    }
    const run = results.find((one) => one.metrics() !== undefined)!;
    const { config, folder } = await loadConfig(path.join(run.folder, 'config.resolved.yaml'));
    const { loss, sources } = await resolveLoss(config.loss, folder);
    for (const source of sources) ran(describeModule(source));
    return { loss };
  }
}

async function measure(loss: Loss, truths: readonly number[]): Promise<MeasuredLoss> {
  const q = truths.filter((truth) => truth > 0 && truth < 1).sort((a, b) => a - b);
  const smallest = q[0] ?? LARGEST_P;
  const { families, findings } = await lossProfile(loss, {
    ...{ q, families: FAMILIES, posterior: false, simplex: false, largestSide: LARGEST_SIDE },
    ratios: [...RATIOS, ...(LARGEST_P / smallest > 10 ? [LARGEST_P / smallest] : [])],
  });
  const nearest = (family: ProfileFamily, truth: number) =>
    families.filter((one) => one.family === family).reduce<ProfileCurve | undefined>((best, one) => (best === undefined || off(one.q, truth) < off(best.q, truth) ? one : best), undefined); // prettier-ignore
  return {
    at(truth) {
      const [noise, nested] = [nearest('noise', truth), nearest('nested', truth)];
      if (noise === undefined || nested === undefined) {
        const thrown = findings.find(({ kind }) => kind === 'error');
        return { reason: `${loss.spec}: with one foreground class ${thrown?.message ?? 'it was not measured'}` }; // prettier-ignore
      }
      if (off(nested.q, truth) > Math.log(NEAR)) {
        return { reason: `${loss.spec}: regions of less than a pixel of the ${LARGEST_SIDE} x ${LARGEST_SIDE} images that are measured` }; // prettier-ignore
      }
      return forceOn(noise, nested);
    },
  };
}

/** How far apart two proportions are, by ratio. */
const off = (a: number, b: number) => Math.abs(Math.log(a / b));

function forceOn(noise: ProfileCurve, nested: ProfileCurve): MeasuredForce {
  const { q } = nested;
  const { p = NaN, low = NaN, high = NaN } = noise.minimizer ?? {};
  const curve = nested.p.map((at, i) => [at / q, nested.force[i] ?? NaN] as const);
  const [, force = NaN] = curve.find(([ratio]) => Math.abs(ratio - HALF) < 1e-6) ?? [];
  return {
    ...{ q, preferred: p / noise.q, low: low / noise.q, high: high / noise.q },
    ...{ half: force / (HALF * q - q), curve },
  };
}

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
