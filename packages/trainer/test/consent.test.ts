// Code that a configuration or a run folder names is announced before it runs, and in a folder from elsewhere it needs consent.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeModule, openRun, runTraining, type ModuleConsent } from '@segloss/trainer';

import { scratch, tinyRun, writeDataset } from './run-fixture';

let folder: string;
let remove: () => void;
beforeEach(() => {
  ({ folder, remove } = scratch());
  writeDataset(path.join(folder, 'data'), [2, 4, 6, 8, 10, 12]);
});
afterEach(() => remove());

const mark = (name: string) => path.join(folder, `${name}-has-run`);
/** Writes a module that leaves a mark when it runs. */
function writeModule(name: string, code: string): string {
  const file = path.join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `process.getBuiltinModule('node:fs').writeFileSync(${JSON.stringify(mark(name))}, '');\n${code}`,
  );
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
const model = `import { unet } from '@segloss/models';
export const build = ({ inputShape, outputs, seed }) => unet({ inputShape, outputs, seed, widths: [2] });`;
const loss = `import { parseLoss } from '@segloss/losses';\nexport default parseLoss('ce');`;
const logger = 'export const log = { epoch() {} };';

describe('runTraining', () => {
  it('names every module with its hash before it runs any', async () => {
    const hashes = [writeModule('loss', loss), writeModule('model', model), writeModule('logger', logger)];
    const said: { text: string; ran: boolean }[] = [];
    await runTraining(
      tinyRun(folder, {
        epochs: 1,
        loss: 'ce + ./loss.mjs',
        model: { name: path.join(folder, 'model.mjs#build') },
        logs: { plugins: ['./logger.mjs#log'] },
      }),
      {
        onEvent(event) {
          if (event.type !== 'note' || !event.text.startsWith('runs the module')) return;
          said.push({
            text: event.text,
            ran: ['loss', 'model', 'logger'].some((name) => existsSync(mark(name))),
          });
        },
      },
    );
    expect(said.map(({ ran }) => ran)).toEqual([false, false, false]);
    hashes.forEach((hash, i) => expect(said[i]!.text).toContain(`sha256 ${hash}`));
    expect(['loss', 'model', 'logger'].every((name) => existsSync(mark(name)))).toBe(true);
  });

  it('runs none of them without consent', async () => {
    writeModule('loss', loss);
    const run = runTraining(tinyRun(folder, { loss: './loss.mjs' }), { modules: false });
    await expect(run).rejects.toThrow(
      /runs code of its own:\n.*loss\.mjs \(sha256 [0-9a-f]{64}\)\n.*--allow-modules/,
    );
    expect(existsSync(mark('loss'))).toBe(false);
  });
});

describe('openRun', () => {
  const train = (keys: object) => runTraining(tinyRun(folder, { epochs: 1, ...keys }));
  const open = async (home: string, modules?: ModuleConsent) =>
    (await openRun(home, modules === undefined ? {} : { modules })).model.dispose();

  it('runs the module of a model with consent only, and asks with its hash', async () => {
    const hash = writeModule('model', model);
    const { folder: home } = await train({ model: { name: path.join(folder, 'model.mjs#build') } });
    rmSync(mark('model'));
    await expect(open(home)).rejects.toThrow(hash);
    await expect(open(home, () => false)).rejects.toThrow('--allow-modules');
    expect(existsSync(mark('model'))).toBe(false);
    const asked: string[] = [];
    await open(home, (sources) => {
      asked.push(...sources.map(({ sha256 }) => sha256));
      return !existsSync(mark('model'));
    });
    expect(asked).toEqual([hash]);
    expect(existsSync(mark('model'))).toBe(true);
  });

  it('never runs modules of losses and loggers: it needs none', async () => {
    writeModule('loss', loss);
    writeModule('logger', logger);
    const { folder: home } = await train({
      loss: './loss.mjs',
      logs: { plugins: [path.join(folder, 'logger.mjs#log')] },
    });
    for (const name of ['loss', 'logger']) rmSync(mark(name));
    await open(home);
    expect(['loss', 'logger'].some((name) => existsSync(mark(name)))).toBe(false);
  });
});

describe('describeModule', () => {
  it('shows control characters of names as text', () => {
    const text = describeModule({ name: './a\u001b[2J.mjs', path: '/a\n.mjs', sha256: '0', imports: [] });
    expect(text).toBe('module ./a\\x1b[2J.mjs: /a\\x0a.mjs (sha256 0)');
  });
});
