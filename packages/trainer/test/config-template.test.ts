import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import { ConfigError, configTemplate, loadConfig } from '@segloss/trainer';

const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-template-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string) => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
};
const keys = ['name', 'grid'];

describe('a template of configurations', () => {
  it('is the same as a file with these keys, and resolves paths from the file they stand in', async () => {
    put('parts/common.yaml', 'data: { folder: ./images }\noptimizer: { name: sgd, momentum: 0.9 }\n');
    put('bench.yaml', 'name: a\nbase:\n  extends: parts/common.yaml\n  epochs: 3\n');
    put('run.yaml', 'extends: parts/common.yaml\nepochs: 3\nseed: 4\nloss: ce + ./mine.ts#x\n');
    const { configure } = configTemplate('bench.yaml', { keys, cwd: folder });
    const values = [
      { path: 'seed', value: 4, origin: 'bench.yaml:9' },
      { path: 'loss', value: 'ce + ./mine.ts#x', origin: 'bench.yaml:9' },
    ];
    const { config, origin, folder: home } = configure(values);
    const plain = await loadConfig('run.yaml', { cwd: folder });
    expect(config).toEqual(plain.config);
    expect(config.data.folder).toBe(path.join(folder, 'parts/images'));
    expect(home).toBe(folder);
    expect(origin).toMatchObject({ seed: 'bench.yaml:9', epochs: 'bench.yaml:4', threads: 'default' });
  });

  it('puts flags over base, and values over flags', () => {
    const text = 'base: { data: { folder: demo }, epochs: 3, seed: 7, batchSize: 2 }';
    const { configure, has } = configTemplate(
      { text, name: 'b.yaml' },
      { keys, set: ['batchSize=5'], flags: { epochs: 9, loss: undefined }, cwd: folder },
    );
    const { config, origin } = configure([{ path: 'seed', value: 1, origin: '--seeds' }]);
    expect(config).toMatchObject({ epochs: 9, batchSize: 5, seed: 1 });
    expect(origin).toMatchObject({ epochs: '--epochs', batchSize: '--set', seed: '--seeds' });
    expect(['epochs', 'seed', 'loss', 'data', 'data.size'].map(has)).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  it('leaves its other keys to the caller, with their lines', () => {
    const { own, originOf, file } = configTemplate(
      { text: 'name: x\ngrid:\n  seed: [0, 1]\n', name: 'b.yaml' },
      { keys },
    );
    expect(own).toEqual({ name: 'x', grid: { seed: [0, 1] } });
    expect([originOf('grid', 'seed'), originOf('grid', 'loss'), file]).toEqual([
      'b.yaml:3',
      'b.yaml:2',
      'b.yaml',
    ]);
  });

  it.each([
    ['epochs: 3', 'unknown key "epochs"', 'move the keys of a run below "base:"'],
    ['grdi: {}', 'unknown key "grdi"', 'did you mean "grid"?'],
    ['base: 3', 'base: wanted a mapping of keys', 'indent the keys'],
    ['base: { extends: none.yaml }', 'no such file: none.yaml', 'check the path'],
  ])('refuses %j', (text, what, remedy) => {
    const read = () => configTemplate({ text, name: 'b.yaml' }, { keys, cwd: folder });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(what);
    expect(read).toThrow(remedy);
  });

  it('refuses a value with its origin', () => {
    const { configure } = configTemplate(
      { text: 'base: { data: { folder: demo } }', name: 'b.yaml' },
      { keys },
    );
    const value = (at: string, value: unknown) => () => configure([{ path: at, value, origin: 'b.yaml:5' }]);
    expect(value('los', 'ce')).toThrow(/unknown key "los"\n {2}at b\.yaml:5\n.*\n {2}did you mean "loss"\?/);
    expect(value('epochs', 0)).toThrow(/epochs: .*\n {2}at b\.yaml:5\n/);
  });
});
