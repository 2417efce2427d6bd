import { expect, it } from '@jest/globals';
import { lossRegistry, parseLoss } from '@segloss/losses';
import { checkLoss } from '@segloss/losses/testing';
import { contractSpecs, describeEachBackend, type Part } from '@segloss/testing';

const compounds = ['ce + 0.5*kl(temperature=2)', 'ce + linear(from=0.5,to=1.5,epochs=1)*kl(temperature=2)'];

/** The cases of a part; each file beside this one runs one. */
export function contract(part: Part): void {
  describeEachBackend('the contract of every loss', () => {
    it.each(part([...lossRegistry().keys(), ...contractSpecs, ...compounds]))('%s', (spec) => {
      const broken = checkLoss(parseLoss(spec)).flatMap(({ mode, rule, failures }) =>
        failures.map((why) => `${mode}: ${rule}: ${why}`),
      );
      expect(broken).toEqual([]);
    });
  });
}
