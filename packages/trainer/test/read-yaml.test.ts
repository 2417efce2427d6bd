// Configurations that were not written in good faith, or by a careless editor: refused at once, with file and line.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig, parseConfig } from '@segloss/trainer';
import { parseLoss } from '@segloss/losses';

import { scratch } from './run-fixture';

let folder: string;
let remove: () => void;
beforeAll(() => {
  ({ folder, remove } = scratch());
});
afterAll(() => remove());

const load = (text: string, set: string[] = []) => {
  writeFileSync(path.join(folder, 'run.yaml'), text);
  return loadConfig('run.yaml', { cwd: folder, set });
};
const demo = 'data: { folder: demo }\n';

/** `levels` mappings or lists, each holding the one before eight times. */
function bomb(levels: number, of: (names: string[]) => string): string {
  const lines = [`a0: &a0 ${of(Array<string>(8).fill('1'))}`];
  for (let i = 1; i < levels; i++) lines.push(`a${i}: &a${i} ${of(Array<string>(8).fill(`*a${i - 1}`))}`);
  return `${demo}${lines.join('\n')}\nmodel: { x: *a${levels - 1} }\n`;
}
const asMap = (items: string[]) => `{ ${items.map((item, i) => `k${i}: ${item}`).join(', ')} }`;
const asList = (items: string[]) => `[${items.join(', ')}]`;

describe('YAML', () => {
  it.each([
    ['mappings', asMap],
    ['lists', asList],
  ])('that grows by aliases of %s is refused', async (_name, of) => {
    await expect(load(bomb(9, of))).rejects.toThrow(/run\.yaml:\d+\n.*got more than 10000 values/);
  });

  it.each([
    ['a mapping', 'data: &d\n  folder: demo\n  x: *d\n'],
    ['a list', `${demo}logs: { plugins: &p [*p] }\n`],
    ['a list in a mapping', `${demo}model: &m { widths: [*m] }\n`],
  ])('of %s that holds itself is refused', async (_name, text) => {
    await expect(load(text)).rejects.toThrow(/run\.yaml:\d+\n.*an alias of a value that holds it/);
  });

  it('nested beyond the stack is refused', async () => {
    await expect(load(`${demo}model: ${'['.repeat(20_000)}`)).rejects.toThrow(ConfigError);
  });

  it('of a megabyte is refused', async () => {
    await expect(load(`${demo}# ${'x'.repeat(1_000_000)}\n`)).rejects.toThrow(/wanted at most 1000000/);
  });

  it('may use an alias as people do', async () => {
    const text = `data: { folder: demo, normalize: { mean: &m [0.5], std: *m } }\nmodel: { widths: &w [2, 4], x: *w }\n`;
    const { config } = await load(text);
    expect(config.data.normalize).toEqual({ mean: [0.5], std: [0.5] });
    expect(config.model).toMatchObject({ widths: [2, 4], x: [2, 4] });
  });

  it('may start with a byte order mark and end its lines as Windows does', async () => {
    const { config } = await load('\uFEFFdata: { folder: demo }\r\nepochs: 3\r\n');
    expect(config.epochs).toBe(3);
  });

  it('that is indented by a tab is refused with the remedy', async () => {
    await expect(load('data:\n\tfolder: demo\n')).rejects.toThrow(/run\.yaml:2\n[^]*indent with spaces/);
  });
});

describe('a key that JavaScript gives a meaning', () => {
  it.each(['__proto__', 'constructor', 'prototype'])('is refused: %s', async (key) => {
    const refused = new RegExp(`the key "${key}" is not allowed`);
    await expect(load(`${demo}${key}: { epochs: 3 }\n`)).rejects.toThrow(refused);
    await expect(load(`${demo}model: { ${key}: { a: 1 } }\n`)).rejects.toThrow(refused);
    await expect(load(`${demo}model: { x: [{ ${key}: 1 }] }\n`)).rejects.toThrow(refused);
    await expect(load(demo, [`model.${key}.a=1`])).rejects.toThrow(refused);
    const object = JSON.parse(
      `{ "data": { "folder": "demo" }, "model": { "${key}": { "a": 1 } } }`,
    ) as object;
    expect(() => parseConfig(object)).toThrow(refused);
  });

  it('is an unknown option of a loss', () => {
    expect(() => parseLoss('ce + l1(__proto__=[1])')).toThrow(/__proto__/);
  });
});

describe('a loss spec', () => {
  it('of 20,000 terms is refused at once, and named by its beginning', () => {
    const spec = Array<string>(20_000).fill('ce').join(' + ');
    expect(() => parseLoss(spec)).toThrow(
      /^loss spec "ce \+ ce[^"]{0,40}…" at 10000: wanted at most 10000 characters/,
    );
  });

  it('of lists without end is refused', () => {
    expect(() => parseLoss(`l1(temperature=${'['.repeat(5000)}`)).toThrow(
      /wanted at most 4 lists in each other/,
    );
  });

  it('called like a method of objects is unknown', () => {
    expect(() => parseLoss('constructor')).toThrow(/unknown loss "constructor"/);
  });
});
