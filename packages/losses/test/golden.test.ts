import { describe, expect, it } from '@jest/globals';
import { describeEachBackend, goldenFile, maxRelativeError } from '@segloss/testing';

import { evaluateCase, planSegLossBias } from './golden-adapter';

const file = goldenFile('seglossbias');
const VALUE_TOLERANCE = 1e-5; // of max(1, |v|)
const GRADIENT_TOLERANCE = 1e-4; // of max(max|g|, 1e-3)

if (file === undefined) {
  describe.skip('golden vectors of SegLossBias (skipped: ../shared/golden is not there)', () => {
    it('agree', () => undefined);
  });
} else {
  const keyOf = (loss: string, mode: string) => `${loss}, ${mode}`;
  const groups = [...new Set(file.cases.map((one) => keyOf(one.loss, one.mode)))];

  describeEachBackend('golden vectors of SegLossBias', () => {
    const counts = { passed: 0, mended: 0, skipped: 0 };

    it.each(groups)('agree in value, terms and gradient: %s', (group) => {
      const failures: string[] = [];
      for (const golden of file.cases.filter((one) => keyOf(one.loss, one.mode) === group)) {
        const plan = planSegLossBias(golden);
        if ('skip' in plan) {
          counts.skipped += 1;
          continue;
        }
        const { value, terms, gradient } = evaluateCase(file, golden, plan.spec);
        if (golden.finite === false) {
          // Where the reference has NaN or infinity, segloss is finite.
          if (![value, ...gradient].every(Number.isFinite)) failures.push(`${golden.id}: not finite`);
          counts.mended += 1;
          continue;
        }
        const wanted = Number(golden.value64);
        const error = Math.abs(value - wanted) / Math.max(1, Math.abs(wanted));
        if (!(error <= VALUE_TOLERANCE)) failures.push(`${golden.id}: value ${value}, wanted ${wanted}`);
        const wantedTerms = Object.values(golden.terms ?? {}).map(Number);
        wantedTerms.forEach((term, i) => {
          if (!(Math.abs(terms[i]! - term) <= VALUE_TOLERANCE * Math.max(1, Math.abs(term)))) {
            failures.push(`${golden.id}: term ${i} is ${terms[i]}, wanted ${term}`);
          }
        });
        if (!golden.gradAmbiguous) {
          const off = maxRelativeError(gradient, golden.grad64.map(Number));
          if (!(off <= GRADIENT_TOLERANCE))
            failures.push(`${golden.id}: gradient off by ${off} (${plan.spec})`);
        }
        counts.passed += 1;
      }
      expect(failures).toEqual([]);
    });

    it('leave no case out', () => {
      const skips = file.cases.map(planSegLossBias).filter((plan) => 'skip' in plan);
      expect(counts.passed + counts.mended + counts.skipped).toBe(file.cases.length);
      expect(counts.skipped).toBe(skips.length);
      expect(counts).toEqual({ passed: 604, mended: 28, skipped: 105 });
    });
  });
}
