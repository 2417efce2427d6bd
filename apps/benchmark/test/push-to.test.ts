import { expect, it } from '@jest/globals';

import { pushTo } from '../src/page/push-to.js';

it('lists keep the order of their values, and are extended in place', () => {
  const groups = new Map<string, number[]>();
  pushTo(groups, 'a', 1);
  const first = groups.get('a');
  pushTo(groups, 'b', 2);
  pushTo(groups, 'a', 3);
  expect([...groups]).toEqual([
    ['a', [1, 3]],
    ['b', [2]],
  ]);
  expect(groups.get('a')).toBe(first);
});
