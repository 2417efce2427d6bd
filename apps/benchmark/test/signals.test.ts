// Signals that end a training, on the built command: it saves, leaves a report, and ends with 75.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { readResults } from '../src/benchmark/results.js';
import { builtCommand } from './command.js';
import { side, writeImages } from './images.js';

const { at, remove, disturbed } = builtCommand('signals');

const endless = ['--data', 'good', '--loss', 'ce', '--size', '16', '--epochs', '100000', '--widths', '2,4', '--backend', 'wasm']; // prettier-ignore

beforeAll(() => writeImages(at('good'), () => ({ size: side, value: 255 })));
afterAll(remove);

/** Writes a module with a loss and, before it, other code. */
function writeLoss(name: string, code: string): void {
  writeFileSync(
    at(`${name}.mjs`),
    `${code}
import { defineLoss } from '@segloss/losses';
import { mean, square, sub } from '@tensorflow/tfjs-core';
export const ${name} = defineLoss({
  name: '${name}', summary: 'squared size error', defaults: {},
  statistics: () => ['target', 'predicted'],
  compute: ({ target, predicted }) => mean(square(sub(predicted, target))),
});
`,
  );
}

/** The flags of an endless training with the loss of a module. */
const endlessWith = (name: string) => endless.map((flag) => (flag === 'ce' ? `./${name}.mjs#${name}` : flag));

/** Runs the command, and sends a signal after its second epoch: to the whole group as a closed terminal does, or to the process alone. */
async function stopped(flags: readonly string[], signal: NodeJS.Signals, toGroup: boolean) {
  let sent = false;
  return disturbed(flags, (text, child) => {
    if (sent || !/epoch 2\//.test(text)) return;
    sent = true;
    process.kill(toGroup ? -child.pid! : child.pid!, signal);
  });
}

describe.each([
  ['SIGTERM', false],
  ['SIGHUP', true],
] as const)('%s', (signal, toGroup) => {
  it('stops a training, which is saved', async () => {
    const out = `train-${signal}`;
    const { status, text } = await stopped(['train', ...endless, '--out', out], signal, toGroup);
    expect({ status, text: status === 75 ? '' : text }).toEqual({ status: 75, text: '' });
    const [name] = readdirSync(at(out));
    const run = at(out, name!);
    expect(readFileSync(path.join(run, 'STATUS'), 'utf8').trim()).toBe('interrupted');
    for (const file of ['checkpoints/last.safetensors', 'report.html']) {
      expect([file, existsSync(path.join(run, file))]).toEqual([file, true]);
    }
    expect(existsSync(path.join(run, 'lock'))).toBe(false);
  });

  it('stops every training of a benchmark, which are saved', async () => {
    const out = `benchmark-${signal}`;
    const flags = ['benchmark', ...endless, '--seeds', '2', '--jobs', '2', '--out', out];
    const { status, text } = await stopped(flags, signal, toGroup);
    expect({ status, text: status === 75 ? '' : text }).toEqual({ status: 75, text: '' });
    const { cells } = readResults(at(out));
    expect(cells.map(({ state }) => state)).toContain('interrupted');
    expect(cells.map(({ state }) => state)).not.toContain('running');
    expect(existsSync(at(out, 'report.html'))).toBe(true);
  });
});

describe('a read that hangs', () => {
  beforeAll(() => {
    execFileSync('mkfifo', [at('pipe')]); // nobody writes into it
    writeLoss(
      'hanging',
      `import { open } from 'node:fs';\nopen(${JSON.stringify(at('pipe'))}, 'r', () => undefined);`,
    );
  });

  it.each([1, 2])('does not hold up a process that %s signals stop', async (signals) => {
    const out = `hanging-${signals}`;
    let sent = 0;
    const flags = ['train', ...endlessWith('hanging'), '--out', out];
    const { killedBy, text } = await disturbed(flags, (printed, child) => {
      const now =
        sent === 0 ? /epoch 2\//.test(printed) : sent < signals && /once more to stop/.test(printed);
      if (!now) return;
      sent++;
      child.kill('SIGTERM');
    });
    expect([sent, killedBy, text]).toEqual([
      signals,
      'SIGTERM',
      expect.stringContaining('stopping after the current update'),
    ]);
    const [name] = readdirSync(at(out));
    expect(existsSync(at(out, name!, 'checkpoints/last.safetensors'))).toBe(true);
    const status = readFileSync(at(out, name!, 'STATUS'), 'utf8').trim();
    expect(signals === 1 ? ['interrupted'] : ['interrupted', 'running']).toContain(status); // the second may come after the save
  });
});

describe('a training process that takes long to end', () => {
  it('does not cost the exit code', async () => {
    const wait = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000)';
    writeLoss('slow', `if (process.send) process.on('exit', () => ${wait});`);
    const flags = ['benchmark', ...endlessWith('slow'), '--jobs', '1', '--out', 'slow'];
    const { status, killedBy, text } = await stopped(flags, 'SIGTERM', false);
    expect([status, killedBy, text]).toEqual([
      75,
      null,
      expect.stringContaining('stopping after the current update'),
    ]);
  });
});
