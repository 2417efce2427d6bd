import { describe, expect, it } from '@jest/globals';
import { ConfigError, configTemplate } from '@segloss/trainer';

import { cellName, cellsOf, readAxes, type AxisSource } from '../src/benchmark/grid.js';

const read = (grid: string, over: readonly AxisSource[] = []) =>
  readAxes(configTemplate({ text: grid, name: 'bench.yaml' }, { keys: ['name', 'grid'] }), over);
const axis = (grid: string) => read(`grid:\n  ${grid}`)[0]!;
const labels = (grid: string) => axis(grid).entries.map(({ label }) => label);

describe('the axes of a benchmark', () => {
  it('are lists of values for keys, with short titles and readable labels', () => {
    const axes = read(
      'grid:\n  loss: [ce, dice]\n  optimizer.learningRate: [0.1, 1e-3]\n  data.folder: [x/a, ./y/b/]\n',
    );
    expect(axes.map(({ key, title }) => [key, title])).toEqual([
      ['loss', 'loss'],
      ['optimizer.learningRate', 'learningRate'],
      ['data.folder', 'data'],
    ]);
    expect(axes.map(({ entries }) => entries.map(({ label }) => label))).toEqual([
      ['ce', 'dice'],
      ['0.1', '0.001'],
      ['a', 'b'],
    ]);
    expect(axes[1]!.entries[0]!.values).toEqual([
      { path: 'optimizer.learningRate', value: 0.1, origin: 'bench.yaml:3' },
    ]);
  });

  it.each([
    ['data.folder: [a/images, b/images]', ['a/images', 'b/images']],
    ['model: [{ name: unet, widths: [4] }, { name: fpn-resnet18 }]', ['unet', 'fpn-resnet18']],
    [
      'model: [{ name: unet, widths: [4] }, { name: unet, widths: [8] }]',
      ['unet widths=[4]', 'unet widths=[8]'],
    ],
    ['seed: [0, 3]', ['0', '3']],
    ['augment: [none, flip]', ['none', 'flip']],
    ['data.size: [64, [32, 64]]', ['64', '[32,64]']],
    ['schedule: [{ name: poly }, { power: 2 }]', ['poly', 'power=2']],
  ])('label %s', (grid, expected) => {
    expect(labels(grid)).toEqual(expected);
  });

  it('of an optimizer and of one of its options go together', () => {
    expect(
      cellsOf(
        read('grid: { optimizer: [{ name: sgd }, { name: adam }], optimizer.learningRate: [0.1, 0.2] }'),
      ).length,
    ).toBe(4);
  });

  it('may set several keys by one named entry, for a key or under a name of its own', () => {
    const { title, entries } = axis(
      'setup: [{ name: small, model.widths: [4], epochs: 2 }, { name: large, model: { name: fpn-resnet18 } }]',
    );
    expect([title, entries.map(({ label }) => label)]).toEqual(['setup', ['small', 'large']]);
    expect(entries[0]!.values.map(({ path, value }) => [path, value])).toEqual([['model.widths', [4]], ['epochs', 2]]); // prettier-ignore
    const [plain, warm] = axis('loss: [ce, { name: ce then l1, loss: ce + l1, epochs: 9 }]').entries;
    expect([plain!.label, warm!.label]).toEqual(['ce', 'ce then l1']);
    expect(warm!.values.map(({ path }) => path)).toEqual(['loss', 'epochs']);
  });

  it('of the command line replace those of the file, in their place', () => {
    const over = [{ key: 'loss', value: ['kl'], origin: '--loss', folder: '/here' }];
    const axes = read('grid: { loss: [ce], seed: [0] }', [
      ...over,
      { key: 'data.folder', value: ['a'], origin: '--data' },
    ]);
    expect(axes.map(({ key }) => key)).toEqual(['loss', 'seed', 'data.folder']);
    expect(axes[0]!.entries[0]!.values[0]).toEqual({
      path: 'loss',
      value: 'kl',
      origin: '--loss',
      folder: '/here',
    });
  });

  it.each([
    ['grid: 3', /grid: wanted a mapping of lists\n {2}at bench\.yaml:1/],
    ['grid: { seed: 3 }', /grid\.seed: wanted a list of values\n {2}at bench\.yaml:1\n {2}got 3/],
    ['grid: { seed: [] }', /wanted a list/],
    ['grid: { seed: [1, 1] }', /grid\.seed: two entries are "1"/],
    [
      'grid: { setup: [{ name: a, epochs: 2 }, { name: b, epochs: 3 }], epochs: [1] }',
      /grid\.setup and grid\.epochs: both set epochs/,
    ],
    [
      'grid: { optimizer: [{ name: sgd, learningRate: 1 }], optimizer.learningRate: [2, 3] }',
      /grid\.optimizer and grid\.optimizer\.learningRate: both set optimizer\.learningRate/,
    ],
    [
      'grid: { data.size: [8], setup: [{ name: a, data: { size: 16 } }] }',
      /grid\.data\.size and grid\.setup: both set data\.size/,
    ],
    ['grid: { out: [a] }', /grid\.out: a benchmark decides this itself/],
  ])('refuse %j', (grid, message) => {
    expect(() => read(grid)).toThrow(ConfigError);
    expect(() => read(grid)).toThrow(message);
  });
});

describe('the cells of a benchmark', () => {
  it('are all combinations, seeds slowest', () => {
    const cells = cellsOf(read('grid: { loss: [ce, dice], seed: [0, 1], epochs: [1, 2] }'));
    expect(cells).toHaveLength(8);
    expect(cells.slice(0, 5).map((cell) => cellName(cell.labels))).toEqual([
      'ce, epochs 1, seed 0',
      'ce, epochs 2, seed 0',
      'dice, epochs 1, seed 0',
      'dice, epochs 2, seed 0',
      'ce, epochs 1, seed 1',
    ]);
    expect(cellName({ data: 'a', loss: 'ce', seed: '0' }, read('grid: { data.folder: [a], loss: [ce], seed: [0, 1] }'))).toBe('ce, seed 0'); // prettier-ignore
    expect(cells[1]!.values.map(({ path, value }) => [path, value])).toEqual([['seed', 0], ['loss', 'ce'], ['epochs', 2]]); // prettier-ignore
  });

  it('are one without axes', () => {
    expect(cellsOf([])).toEqual([{ labels: {}, values: [] }]);
    expect(cellName({})).toBe('run');
  });
});
