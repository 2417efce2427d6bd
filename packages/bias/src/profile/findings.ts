import { type Finding } from './types.js';

/** What is wrong, one of a kind for each part: the first place where it showed. */
export class Findings {
  readonly list: Finding[] = [];

  add(kind: Finding['kind'], where: string, message: string): void {
    if (this.list.some((each) => each.kind === kind && each.where === where)) return;
    this.list.push({ kind, where, message });
  }

  /** Notes what of the numbers is not finite. */
  check(where: string, what: string, numbers: ArrayLike<number>): void {
    for (let i = 0; i < numbers.length; i++) {
      const x = numbers[i]!;
      if (Number.isNaN(x)) return this.add('nan', where, `${what} is NaN`);
      if (!Number.isFinite(x)) return this.add('infinite', where, `${what} is infinite`);
    }
  }
}
