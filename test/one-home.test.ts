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
  'apps/benchmark/src/benchmark/case-table.ts': 'the score Dice of a case, not the loss',
  'apps/benchmark/src/benchmark/size-sentences.ts': 'cross-entropy, with which the paper compares every loss',
  'apps/benchmark/src/decoding.ts': 'the metric that decoding maximizes, not the loss',
  'apps/benchmark/src/replicate/claims/claims.ts': 'the losses that the claims of the paper are about',
  'apps/benchmark/src/replicate/claims/sections.ts': 'the losses that the claims of the paper are about',
  'apps/benchmark/src/replicate/collect.ts': 'cross-entropy, whose probabilities are decoded',
  'apps/benchmark/src/replicate/command.ts': 'the metric Dice, not the loss',
  'apps/benchmark/src/replicate/rows.ts': 'the metric that decoding maximizes, not the loss',
  'apps/playground/src/core/losses.ts': 'the float64 forms of losses that the first screens compute',
  'apps/playground/src/core/simplex.ts': 'penalties of three classes, which have names of losses',
  'apps/playground/src/state/code.ts': 'the loss of the YAML where only a formula is chosen',
  'apps/playground/src/state/state.ts': 'the losses that the page offers',
  'apps/playground/src/views/race/presets.ts': 'the losses that a preset of the page compares',
  'packages/kernels/src/wasm/losses/focal.ts':
    'the kernel of its name, with costs of the label in common with others',
  'packages/kernels/src/wasm/losses/label-costs.ts':
    'the numbers by which the compiled module knows its costs',
  'packages/losses/src/statistics/contract.ts': 'costs of the label, which kernels know by name',
  'packages/losses/src/spec.ts': 'the names of compounds in the code of the paper, such as CE+L1',
  'packages/bias/src/penalties.ts': 'closed forms of the penalties, by loss',
  'packages/bias/src/simplex-penalties.ts': 'closed forms of the penalties of three classes, by loss',
  'packages/metrics/src/calibration.ts': 'norms of the calibration error, not losses',
  'packages/metrics/src/decode/decode.ts': 'the metric that decoding maximizes, not the loss',
  'packages/trainer/src/config/schema.ts': 'the default loss',
  'packages/trainer/src/config/schema-optimization.ts': 'the schedule poly, not the loss',
  'packages/trainer/src/loop/learning-rate.ts': 'the schedule poly, not the loss',
  'packages/trainer/src/run/decode-labels.ts': 'the metric that decoding maximizes, not the loss',
};

describe('names of losses', () => {
  it('stand in losses/ only, but for the files that say why', () => {
    const names = new Set<string>(lossNames());
    const naming = sources
      .filter(({ path }) => !path.startsWith(HOME_OF_LOSSES))
      .filter(({ text }) => literals(text).some((literal) => names.has(literal)))
      .map(({ path }) => path);
    expect(naming.sort()).toEqual(Object.keys(NAMES_A_LOSS).sort());
  });
});

/** The lines of code that have the number 255, without their strings. */
function linesWith255(text: string): string[] {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
  const lines = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isNumericLiteral(node) && node.getText() === '255') {
      lines.add(source.getLineAndCharacterOfPosition(node.getStart()).line);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...lines].map((line) => text.split('\n')[line]!.replaceAll(/'[^']*'/g, "''"));
}

/** Files whose code has the number 255 without meaning the ignored label, and what it means there. */
const OTHER_255: Record<string, string> = {
  'apps/benchmark/src/card/posterior.ts': 'a color',
  'apps/benchmark/src/convert.ts': 'largest value of a byte',
  'apps/benchmark/src/export-page/main.ts': 'largest value of a byte',
  'apps/benchmark/src/export-page/read-image.ts': 'largest value of a byte',
  'apps/benchmark/src/replicate/prepare.ts': 'largest value of a byte',
  'apps/playground/src/core/race.ts': 'largest gray value of a picture',
  'apps/playground/src/core/train-job.ts': 'largest gray value of a picture',
  'apps/playground/src/core/train-run.ts': 'largest gray value of a picture',
  'apps/playground/src/ui/paint.ts': 'an opaque pixel',
  'packages/data/src/formats/crc32.ts': 'a mask of eight bits',
  'packages/data/src/formats/jpeg.ts': 'largest value of a byte',
  'packages/data/src/read/black-and-white.ts': 'white of a black and white mask',
  'packages/data/src/read/pixels.ts': 'largest value of a byte',
  'packages/data/src/read/label-guess.ts': 'white of a black and white mask',
  'packages/data/src/read/labels.ts': 'white of a black and white mask',
  'packages/data/src/read/pairs.ts': 'white of a black and white mask',
  'packages/data/src/samples/intensities.ts': 'largest value of a byte',
  'packages/geometry/src/thin-plane.ts': 'a neighborhood of eight pixels, all set',
  'packages/losses/src/inputs/values.ts': 'white of a mask that was not divided by 255, in an error',
  'packages/metrics/src/decode/decode.ts': 'largest number of classes in a byte',
  'packages/metrics/src/surface-elements.ts': 'a cube of eight voxels, all set',
  'packages/trainer/src/run/examples.ts': 'a color',
  'packages/trainer/src/run/export-difference.ts': 'largest value of a byte',
  'packages/trainer/src/run/label-pictures.ts': 'largest value of a byte',
  'packages/trainer/src/run/predict-folder.ts': 'largest value of a byte',
  'packages/trainer/src/run/quantize.ts': 'largest value of a byte',
};

describe('the ignored label 255', () => {
  // No import leads from one of these packages to another.
  const homes = [
    'packages/data/src/samples/sample.ts',
    'packages/losses/src/inputs/ignored.ts',
    'packages/metrics/src/ignore-index.ts',
  ];
  const found = sources.filter(({ text }) => linesWith255(text).length > 0).map(({ path }) => path);

  it('is a constant with one home in each package that needs it; every other 255 is listed with its meaning', () => {
    expect(found.sort()).toEqual([...homes, ...Object.keys(OTHER_255)].sort());
  });

  it('never stands for itself where 255 has another meaning', () => {
    const lines = sources
      .filter(({ path }) => path in OTHER_255)
      .flatMap(({ path, text }) => linesWith255(text).map((line) => `${path}: ${line.trim()}`));
    expect(lines.filter((line) => /ignore/i.test(line))).toEqual([]);
  });
});
