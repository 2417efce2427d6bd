import { checkKeys, type Loss } from '@segloss/losses';
import { tensor4d } from '@tensorflow/tfjs-core';

import { type LossLike } from '../marginal-force.js';
import { LARGEST_SIDE, LEAST_SIDE, profileCurve } from './curve.js';
import { Findings } from './findings.js';
import { checkGradient } from './gradient-check.js';
import { firstLine, Meter } from './meter.js';
import { posteriorMaps, type PosteriorMap } from './posterior-maps.js';
import { posteriorResult } from './posterior.js';
import { simplexMap } from './simplex.js';
import {
  type LossProfile,
  type LossProfileOptions,
  type PosteriorName,
  type PosteriorResult,
  type ProfileCurve,
  type ProfileFamily,
  type SimplexMap,
  type Triple,
} from './types.js';

const FAMILIES: readonly ProfileFamily[] = ['uniform', 'nested', 'noise', 'matched'];
const DEFAULTS = {
  q: [0.001, 0.02, 0.2, 0.6] as readonly number[],
  families: FAMILIES,
  points: 17,
  ratios: undefined as readonly number[] | undefined,
  largestSide: LARGEST_SIDE,
  posterior: true as boolean | readonly PosteriorName[],
  simplex: [0.7, 0.2, 0.1] as Triple | false,
  epoch: 0,
};

/**
 * Measures which region sizes any loss prefers: its value, slope and marginal force along
 * predictions that differ in their proportion p, with the minimum; the prediction that it likes best under uncertain labels; and the
 * push on three classes. Runs on the backend of tfjs that is set, some ten seconds on plain cpu, minutes for cldice and hausdorff-erosion.
 *
 * A loss that is broken is no error here: NaN, ∞, a missing or a wrong gradient, and whatever it throws, are `findings`.
 *
 * @param loss From a factory, `compound` or `parseLoss`, or a function of your own of labels and logits.
 * @param options See {@link LossProfileOptions}.
 * @returns Plain numbers and lists; `JSON.stringify` keeps all of it.
 * @throws {TypeError} If the loss is no function or an option is unknown. @throws {RangeError} If the value of an option does not fit.
 *
 * @example
 * ```ts
 * const { parseLoss } = await import('@segloss/losses');
 * const options = { q: [0.05], families: ['uniform'], posterior: false, simplex: false };
 * const { families } = await lossProfile(parseLoss('ce'), options);
 * families[0].q; // → 0.0508
 * families[0].minimizer.p; // → 0.0508
 * (await lossProfile(parseLoss('dice-bias'), options)).families[0].minimizer; // → { p: 0, low: 0, high: 0.0001, edge: "low" }
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3, for the penalties that show here; Bertels et al., arXiv:2211.04161, and Nordström et al.,
 *   arXiv:2206.06484, for the volume under uncertain labels.
 */
export async function lossProfile(
  loss: Loss | LossLike,
  options: LossProfileOptions = {},
): Promise<LossProfile> {
  if (typeof loss !== 'function') {
    throw new TypeError(
      `lossProfile: wanted a loss, got ${typeof loss}; parseLoss('dice') of @segloss/losses makes one`,
    );
  }
  const { q, families, points, ratios, largestSide, posterior, simplex, epoch } = checked(options);
  const findings = new Findings();
  const mode = options.mode ?? (await modeOf(loss, epoch));
  const meter = new Meter(loss, mode, epoch, findings);
  const part = async <T>(where: string, measure: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await measure();
    } catch (error) {
      findings.add('error', where, `the loss threw: ${firstLine(error)}`);
      return undefined;
    }
  };

  await part('gradient', () => checkGradient(meter));
  const curves: ProfileCurve[] = [];
  for (const family of families) {
    for (const truth of q) {
      const curve = await part(family, () =>
        profileCurve(meter, family, { q: truth, points: ratios ?? points, largestSide }),
      );
      if (curve) curves.push(curve);
    }
  }
  const results: PosteriorResult[] = [];
  for (const map of mapsOf(posterior)) {
    const result = await part(`posterior ${map.name}`, () => posteriorResult(meter, map));
    if (result) results.push(result);
  }
  const map: SimplexMap | undefined = simplex
    ? await part('simplex', () => simplexMap(meter, simplex))
    : undefined;
  return {
    spec: 'spec' in loss ? loss.spec : loss.name || 'loss',
    mode,
    findings: findings.list,
    families: curves,
    posterior: results,
    ...(map && { simplex: map }),
  };
}

/** One channel, or two where the loss refuses one and takes two. */
async function modeOf(loss: LossLike, epoch: number): Promise<'binary' | 'multiclass'> {
  const labels = tensor4d([0, 1, 1, 0], [1, 2, 2, 1], 'int32');
  const works = async (mode: 'binary' | 'multiclass') => {
    try {
      await new Meter(loss, mode, epoch, new Findings()).read('', labels, new Float32Array(4));
      return true;
    } catch {
      return false;
    }
  };
  try {
    return !(await works('binary')) && (await works('multiclass')) ? 'multiclass' : 'binary';
  } finally {
    labels.dispose();
  }
}

const POSTERIORS: readonly PosteriorName[] = ['label-noise', 'blurred-border', 'shifted'];

function isPosteriorName(name: unknown): boolean {
  return (POSTERIORS as unknown[]).includes(name);
}

function mapsOf(posterior: boolean | readonly PosteriorName[]): readonly PosteriorMap[] {
  const wanted = typeof posterior === 'boolean' ? (posterior ? POSTERIORS : []) : posterior;
  return posteriorMaps().filter(({ name }) => wanted.includes(name));
}

function checked(options: LossProfileOptions): typeof DEFAULTS {
  checkKeys('lossProfile', options, [...Object.keys(DEFAULTS), 'mode']);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const all = { ...DEFAULTS, ...given } as typeof DEFAULTS;
  const { q, families, points, ratios, largestSide, simplex, epoch } = all;
  const refuse = (wanted: string, got: unknown): never => {
    throw new RangeError(`lossProfile: wanted ${wanted}, got ${JSON.stringify(got)}`);
  };
  if (!Array.isArray(q) || !q.every((share) => share > 0 && share < 1))
    refuse('q to be proportions between 0 and 1', q);
  const unknown = families.find((family) => !FAMILIES.includes(family));
  if (unknown !== undefined) refuse(`families to be of ${FAMILIES.join(', ')}`, unknown);
  if (!(Number.isInteger(points) && points >= 5)) refuse('points to be an integer of at least 5', points);
  const rising = (list: readonly number[]) => list.every((ratio, i) => ratio > (list[i - 1] ?? 0) && Number.isFinite(ratio)); // prettier-ignore
  if (ratios !== undefined && !(Array.isArray(ratios) && ratios.length > 0 && rising(ratios)))
    refuse('ratios to be rising numbers above 0', ratios);
  if (ratios !== undefined && options.points !== undefined) refuse('either points or ratios', options);
  if (!(Number.isInteger(largestSide) && largestSide >= LEAST_SIDE))
    refuse(`largestSide to be an integer of at least ${LEAST_SIDE}`, largestSide);
  if (!(Number.isInteger(epoch) && epoch >= 0)) refuse('epoch to be an integer of at least 0', epoch);
  if (
    typeof all.posterior !== 'boolean' &&
    !(Array.isArray(all.posterior) && all.posterior.every(isPosteriorName))
  ) {
    refuse(`posterior to be true, false or a list of ${POSTERIORS.join(', ')}`, all.posterior);
  }
  if (![undefined, 'binary', 'multiclass'].includes(options.mode))
    refuse("mode 'binary' or 'multiclass'", options.mode);
  if (simplex !== false) {
    const sum = Array.isArray(simplex) ? simplex.reduce((a: number, b: number) => a + b, 0) : NaN;
    if (simplex.length !== 3 || !simplex.every((share) => share > 0) || !(Math.abs(sum - 1) < 1e-6)) {
      refuse('simplex to be three positive proportions whose sum is 1, or false', simplex);
    }
  }
  return all;
}
