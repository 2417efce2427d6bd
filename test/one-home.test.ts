import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { lossNames } from '@segloss/losses';
import { root } from '@segloss/testing';
import ts from 'typescript';
import { filesBelow, workspaces } from './workspaces.js';

const HOME_OF_LOSSES = 'packages/losses/src/losses/';

const sources = workspaces()
  .filter((folder) => folder !== 'packages/testing')
  .flatMap((folder) => filesBelow(join(root, folder, 'src'), '.ts'))
  .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }))
  .filter(({ path }) => !path.includes('/generated/'));

/** The strings in the code of a source. */
function literals(text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true));
  return found;
}

/**
 * Files outside of losses/ whose code has the name of a loss, and why. Another file should ask the loss for what it declares.
 */
const NAMES_A_LOSS: Record<string, string> = {
  'packages/losses/src/spec.ts': 'the names of compounds in the code of the paper, such as CE+L1',
  'packages/bias/src/penalties.ts': 'closed forms of the penalties, by loss',
  'packages/bias/src/simplex-penalties.ts': 'closed forms of the penalties of three classes, by loss',
  'packages/metrics/src/calibration.ts': 'norms of the calibration error, not losses',
  'packages/metrics/src/decode/decode.ts': 'the metric that decoding maximizes, not the loss',
  'packages/trainer/src/config/schema.ts': 'the default loss; the schedule poly',
  'packages/trainer/src/loop/learning-rate.ts': 'the schedule poly, not the loss',
  'apps/benchmark/src/benchmark/defaults.ts': 'the losses that the demo compares',
};

describe('names of losses', () => {
  it('stand in losses/ only, but for the files that say why', () => {
    const names = new Set<string>(lossNames());
    const naming = sources
      .filter(({ path }) => !path.startsWith(HOME_OF_LOSSES))
      .filter(({ text }) => literals(text).some((literal) => names.has(literal)))
      .map(({ path }) => path);
    expect(naming.filter((path) => !(path in NAMES_A_LOSS))).toEqual([]);
  });
});

describe('the ignored label 255', () => {
  // No import leads from one of these packages to another.
  const homes = [
    'packages/data/src/samples/sample.ts',
    'packages/losses/src/inputs/read.ts',
    'packages/metrics/src/ignore-index.ts',
  ];

  it('is a constant with one home in each package that needs it; other code imports it', () => {
    const declaring = sources.filter(({ text }) => /ignore\w*\s*=\s*255\b/i.test(text));
    expect(declaring.map(({ path }) => path).sort()).toEqual(homes);
  });
});
