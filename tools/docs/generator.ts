import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@segloss/testing';

import { type Inputs } from './input-hash.js';

/** A program that writes pages, or parts of pages, from the sources. */
export interface Generator {
  readonly name: string;
  /** Says why it cannot run here, such as material that a plain clone does not have. */
  missing?(): string | undefined;
  /**
   * What a slow generator depends on. The hash stands in `docs/generated.json`, and the generator runs only where it has changed.
   */
  readonly slow?: { readonly inputs: Inputs; readonly seconds: number };
  /** The test that compares the committed output with the sources, where `--check` does not. */
  readonly checkedBy?: string;
  /** Folder that holds nothing but what this generator writes, but for the files named here. */
  readonly folder?: { readonly path: string; readonly others: readonly string[] };
  /** Returns files that should not be there, where `folder` does not say it. */
  extra?(): string[];
  /** Returns the text of every file it writes, by path relative to the root. */
  generate(): Promise<Map<string, string>> | Map<string, string>;
}

/** Reads a file of the repository. */
export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/**
 * Returns a page with new content between `<!-- generated: name -->` and `<!-- end: name -->`.
 *
 * @param page Its text; default: that of the file.
 * @throws {Error} If the page has no such marks.
 */
export function withSection(
  path: string,
  name: string,
  content: string,
  page = read(path),
): Map<string, string> {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`docs:generate: wanted ${begin} and ${end} in ${path}`);
  return new Map([[path, `${before}${begin}\n\n${content.trim()}\n\n${end}${after}`]]);
}

/** A Markdown table; `|` in a cell is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
