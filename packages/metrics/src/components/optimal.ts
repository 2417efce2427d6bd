import { type ComponentPair } from './match.js';

/**
 * Chooses pairs so that each component is in one at most: as many pairs as possible, and of those choices the one of the largest sum of IoU.
 * Components that share no candidate are independent of each other, so each group is solved alone.
 *
 * @param pairs Candidates. @returns The chosen ones, by the true component.
 */
export function optimal(pairs: readonly ComponentPair[]): ComponentPair[] {
  return groupsOf(pairs)
    .flatMap((group) => (group.length === 1 ? group : solve(group)))
    .sort((a, b) => a.truth - b.truth);
}

/** Splits candidates into groups that share no component. */
function groupsOf(pairs: readonly ComponentPair[]): ComponentPair[][] {
  const parents = new Map<string, string>();
  const root = (node: string): string => {
    let at = node;
    while (parents.get(at) !== undefined) at = parents.get(at)!;
    if (at !== node) parents.set(node, at);
    return at;
  };
  for (const { truth, predicted } of pairs) {
    const [a, b] = [root(`t${truth}`), root(`p${predicted}`)];
    if (a !== b) parents.set(a, b);
  }
  const groups = new Map<string, ComponentPair[]>();
  for (const pair of pairs) {
    const key = root(`t${pair.truth}`);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pair]);
    else group.push(pair);
  }
  return [...groups.values()];
}

function solve(group: readonly ComponentPair[]): ComponentPair[] {
  const truths = [...new Set(group.map(({ truth }) => truth))];
  const predictions = [...new Set(group.map(({ predicted }) => predicted))];
  const tall = truths.length > predictions.length;
  const [rows, columns] = tall ? [predictions, truths] : [truths, predictions];
  const [rowOf, columnOf] = [indices(rows), indices(columns)];
  const pairAt = new Map<number, ComponentPair>();
  // A pair weighs more than the IoUs of all pairs together, so that the number of pairs comes first.
  const one = rows.length + 1;
  const cost = new Float64Array(rows.length * columns.length);
  for (const pair of group) {
    const [row, column] = tall ? [pair.predicted, pair.truth] : [pair.truth, pair.predicted];
    const at = rowOf.get(row)! * columns.length + columnOf.get(column)!;
    cost[at] = -(one + pair.iou);
    pairAt.set(at, pair);
  }
  // Rows without a candidate get a dummy column, which is not a pair.
  return [...assign(cost, rows.length, columns.length)].flatMap(
    (column, row) => pairAt.get(row * columns.length + column) ?? [],
  );
}

const indices = (values: readonly number[]) => new Map(values.map((value, i) => [value, i]));

/**
 * Assigns each row to a column of its own, at the least sum of costs, by shortest augmenting paths.
 *
 * @param cost `[rows, columns]`, with no more rows than columns. @returns The column of each row.
 *
 * @see R. Jonker, A. Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment problems", Computing 1987.
 */
export function assign(cost: Float64Array, rows: number, columns: number): Int32Array {
  const [rowPrice, columnPrice] = [new Float64Array(rows), new Float64Array(columns)];
  const rowOf = new Int32Array(columns).fill(-1);
  const before = new Int32Array(columns); // the column from which a path comes; -1: from the new row
  const reached = new Float64Array(columns); // length of the shortest path
  const done = new Uint8Array(columns);
  for (let start = 0; start < rows; start++) {
    reached.fill(Infinity);
    before.fill(-1);
    done.fill(0);
    let [row, last, length] = [start, -1, 0];
    for (;;) {
      let next = -1;
      for (let column = 0; column < columns; column++) {
        if (done[column]) continue;
        const path = length + cost[row * columns + column]! - rowPrice[row]! - columnPrice[column]!;
        if (path < reached[column]!) {
          reached[column] = path;
          before[column] = last;
        }
        if (next === -1 || reached[column]! < reached[next]!) next = column;
      }
      length = reached[next]!;
      done[next] = 1;
      last = next;
      if (rowOf[next] === -1) break;
      row = rowOf[next]!;
    }
    rowPrice[start]! += length;
    for (let column = 0; column < columns; column++) {
      if (!done[column]) continue;
      const shift = length - reached[column]!;
      if (column !== last) rowPrice[rowOf[column]!]! += shift;
      columnPrice[column]! -= shift;
    }
    for (let column = last; column !== -1; column = before[column]!) {
      rowOf[column] = before[column] === -1 ? start : rowOf[before[column]!]!;
    }
  }
  const columnOf = new Int32Array(rows);
  rowOf.forEach((row, column) => {
    if (row !== -1) columnOf[row] = column;
  });
  return columnOf;
}
