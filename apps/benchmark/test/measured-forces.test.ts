// What a loss does to region sizes, measured for the report: against closed forms and hand-made values, for every kind of loss.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import { lossProfile, marginalPenalties, type ProfileFamily } from '@segloss/bias';
import { parseLoss } from '@segloss/losses';
import { selectBackend } from '@segloss/trainer';
import { getBackend } from '@tensorflow/tfjs-core';

import { jsonReport } from '../src/benchmark/json-report.js';
import { measureForces, type MeasuredForce } from '../src/benchmark/measured-forces.js';
import { renderReport } from '../src/benchmark/report/page.js';
import { readResults } from '../src/benchmark/results.js';
import { forceOf, sizeBins, type Force } from '../src/benchmark/size-bins.js';
import { leaderboard } from '../src/benchmark/table.js';
import { writeBenchmark } from './results-fixture.js';

const root = mkdtempSync(path.join(os.tmpdir(), 'segloss-forces-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A benchmark of one run for each loss: two images with 1/8 and 1/4 true pixels, together 3/16. */
function benchmarkOf(name: string, losses: readonly string[]) {
  const axes = [{ key: 'loss', title: 'loss', labels: [...losses] }];
  const runs = losses.map((loss) => ({ labels: { loss }, loss, state: 'finished' as const }));
  const results = readResults(writeBenchmark(path.join(root, name), axes, runs));
  return { results, board: leaderboard(results) };
}

/** The slope of a loss by the predicted proportion, where only that changes: along which predictions depends on its matching term. */
async function slopesOf(spec: string, family: ProfileFamily, q: number) {
  const ratios = [0.5, 1.5, 2];
  const { families } = await lossProfile(parseLoss(spec), { q: [q], families: [family], posterior: false, simplex: false, ratios }); // prettier-ignore
  const { p, slope, q: truth } = families[0]!;
  return { truth, points: p.map((at, i) => ({ p: at, slope: slope[i]! })) };
}

describe('measured slopes agree with the penalties in closed form', () => {
  it.each(['ce', 'ce(classWeights=[1,3])', 'ce(classWeights=[1,3],normalizeBy=all)', 'bce', 'kl', 'l1', 'l2', 'reverse-kl', 'js', 'dice-bias', '2*ce', 'ce + 0.5*l1'])('%s, for uniform predictions', async (spec) => {
    await selectBackend('cpu');
    const { truth, points } = await slopesOf(spec, 'uniform', 0.06);
    expect(points.map(({ p }) => p / truth)).toEqual([0.5, 1.5, 2].map((ratio) => expect.closeTo(ratio, 6)));
    const [{ p, slope }] = points as [{ p: number; slope: number }];
    const half = (slope * p * (1 - p)) / (p - truth);
    const closed = (forceOf(spec, truth) as Force).half;
    expect(Math.abs(half / closed - 1)).toBeLessThan(2e-3);
  }); // prettier-ignore

  it.each(['log-dice(smooth=0)', 'tversky(alpha=0.3,beta=0.7,smooth=0)'])('%s, where the matching is held fixed', async (spec) => {
    await selectBackend('cpu');
    const { truth, points } = await slopesOf(spec, 'matched', 0.06);
    const [{ options, definition }] = parseLoss(spec).terms as unknown as [{ options: Record<string, unknown>; definition: { name: string } }];
    const penalty = marginalPenalties()[definition.name]!;
    for (const { p, slope } of points.filter((one) => one.p > truth)) {
      // The Dice family has the penalty of its logarithm: d(1 - D) = -D d(log D), with D = q m / (α p + β q), m = 1/2.
      const { alpha = 0.5, beta = 0.5 } = options as { alpha?: number; beta?: number };
      const chain = definition.name === 'tversky' ? (truth * 0.5) / (alpha * p + beta * truth) : 1;
      expect(Math.abs(slope / (chain * penalty.slope(p, truth, options)) - 1)).toBeLessThan(5e-3);
    }
  }); // prettier-ignore
});

describe('the forces of a report', () => {
  const losses = ['ce', '2*ce', 'dice', 'focal', 'lovasz', 'l1', 'gce', 'ce + focal'];
  const { results, board } = benchmarkOf('all', losses);
  const [{ rows, data }] = board.sections as [(typeof board.sections)[number]];
  const truths = [data!.truth[1]!, ...sizeBins(rows[0]!.replicates, 1).map(({ truth }) => truth)];

  it('are known for every loss and every size, repeat exactly, and leave the backend as it was', async () => {
    await selectBackend('wasm');
    const [first, second] = [await measureForces(board), await measureForces(board)];
    expect(getBackend()).toBe('wasm');
    for (const loss of losses) {
      for (const truth of truths) {
        const force = first.of(loss, truth) as MeasuredForce;
        expect(force).toEqual(second.of(loss, truth));
        expect(Math.abs(Math.log(force.q / truth))).toBeLessThan(0.1);
        expect(force.half).not.toBeNaN();
        expect(force.preferred).not.toBeNaN();
      }
    }
    const at = (loss: string) => first.of(loss, truths[0]!) as MeasuredForce;
    // f = p - q for cross-entropy, whatever the prediction.
    expect(at('ce').half).toBeCloseTo(1, 4);
    expect(at('2*ce').half).toBeCloseTo(2, 4);
    expect(at('ce').preferred).toBeCloseTo(1, 2);
    for (const [ratio, force] of at('ce').curve) expect(force).toBeCloseTo(at('ce').q * (ratio - 1), 5);
    // Both terms push: forces add.
    expect(at('ce + focal').half).toBeCloseTo(1 + at('focal').half, 4);
    expect(at('focal').preferred).toBeGreaterThan(1.1);
  });

  it('stand in the page and in the JSON, next to the closed forms', async () => {
    const measured = await measureForces(board);
    const page = renderReport(results, 'segloss report', measured).replaceAll(/\s+/g, ' ');
    expect(page).toContain('Marginal force, measured');
    const { rows: inJson } = JSON.parse(jsonReport(board, results, measured)).sections[0];
    const focal = inJson.find((row: { name: string }) => row.name === 'focal').bins[0];
    expect(focal.force).toBeNull();
    expect(focal.noForce).toBe('focal: no closed form of focal');
    expect(focal.measured).toMatchObject({ half: (measured.of('focal', focal.truth) as MeasuredForce).half });
    const cells = new RegExp(`<code>focal</code></th><th scope="row">${focal.name}</th>(.*?)</tr>`).exec(page)![1]!; // prettier-ignore
    const texts = [...cells.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell]) => cell!.replaceAll(/<[^>]*>/g, '').trim()); // prettier-ignore
    expect(texts.slice(-4)).toEqual(['n/a', 'n/a', focal.measured.preferred.toFixed(2), focal.measured.half.toFixed(2)]); // prettier-ignore
  });

  it('have a reason where the images of a measurement are too coarse, and where a loss needs other classes', async () => {
    const few = benchmarkOf('few', ['ce', 'ce(classWeights=[1,2,3])']);
    const tiny = few.board.sections.map((section) => ({ ...section, data: { ...section.data!, truth: [1 - 2e-5, 2e-5] } })); // prettier-ignore
    const measured = await measureForces({ sections: tiny });
    expect(measured.of('ce', 2e-5)).toEqual({ reason: expect.stringContaining('less than a pixel') });
    expect(measured.of('ce(classWeights=[1,2,3])', truths[1]!)).toEqual({ reason: expect.stringContaining('with one foreground class the loss threw') }); // prettier-ignore
    expect(measured.of('dice', 0.1)).toEqual({ reason: 'dice: not measured' });
  });
});

describe('a loss from a module', () => {
  const spec = './mine.mjs#half';
  const { board, results } = benchmarkOf('own', [spec]);
  const run = results.cells[0]!.folder;
  mkdirSync(run, { recursive: true });
  writeFileSync(
    path.join(run, 'mine.mjs'),
    `globalThis.seglossForceModule = true;\nimport { parseLoss } from '@segloss/losses';\nexport const half = parseLoss('0.5*ce');\n`,
  );
  writeFileSync(path.join(run, 'config.resolved.yaml'), `data: { folder: demo }\nloss: ${spec}\n`);
  const { truth } = sizeBins(board.sections[0]!.rows[0]!.replicates, 1)[0]!;

  it('is not run without consent, and measured with it', async () => {
    const without = await measureForces(board);
    expect(without.of(spec, truth)).toEqual({ reason: expect.stringContaining('--allow-modules') });
    expect(without.modules).toEqual([]);
    expect(globalThis).not.toHaveProperty('seglossForceModule');
    const measured = await measureForces(board, { modules: true });
    expect((measured.of(spec, truth) as MeasuredForce).half).toBeCloseTo(0.5, 4);
    expect(measured.modules).toEqual([expect.stringMatching(/^module .*mine\.mjs#half: .*sha256/)]);
    delete (globalThis as { seglossForceModule?: boolean }).seglossForceModule;
  });
});
