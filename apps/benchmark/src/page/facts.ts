import { type Html } from './html.js';
import { table, type Cell } from './table.js';

/** Facts as a table of two columns. */
export const factsTable = (rows: readonly (readonly [name: string, value: Cell])[]): Html =>
  table({ rows, name: 'plain' });
