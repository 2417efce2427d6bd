// `npm run docs:analyze-example -- [FOLDER] [--seed N]`: the worked example of docs/analyze.md. Trains three losses on synthetic images with
// small, middle and large regions, predicts the test images, and compares the predicted sizes with the true ones.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { syntheticDataset } from '@segloss/data';
import { encode } from 'fast-png';

/** Mean share of the lesion in a third of the images each. */
const PROPORTIONS = [0.01, 0.04, 0.15];
const LOSSES = { ce: 'ce', dice: 'dice', 'ce-l1': 'ce + l1(temperature=10)' };
const SIZE = 64;

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string', default: '0' } },
  allowPositionals: true,
});
const home = path.resolve(positionals[0] ?? 'analyze-example');
const command = fileURLToPath(new URL('../../apps/benchmark/bin/segloss.mjs', import.meta.url));

/** Runs the command in the folder of the example; returns what it said on stdout. */
function segloss(...args) {
  console.error(`$ segloss ${args.map((arg) => (/[ ()*]/.test(arg) ? `"${arg}"` : arg)).join(' ')}`);
  const { status, stdout } = spawnSync(process.execPath, [command, ...args], {
    cwd: home,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`segloss ${args[0]} ended with ${status}`);
  return stdout;
}

/** Writes images and masks with their lists; the test images also into folders of their own. */
async function writeData() {
  const lists = { train: [], val: [] };
  for (const proportion of PROPORTIONS) {
    const data = syntheticDataset({ size: SIZE, train: 32, val: 32, seed: 1, proportion });
    for (const part of ['train', 'val']) {
      for (const source of data[part]) {
        const id = `${part}-${proportion}-${source.id.split('-')[1]}`;
        const { image, mask } = await source.load();
        const gray = Uint8Array.from(image, (value) => Math.round(255 * value));
        const folders = part === 'val' ? ['data', 'test'] : ['data'];
        for (const folder of folders) {
          put(`${folder}/images/${id}.png`, gray);
          put(`${folder}/masks/${id}.png`, mask);
        }
        lists[part].push(id);
      }
    }
  }
  for (const [part, ids] of Object.entries(lists)) {
    writeFileSync(path.join(home, 'data', `${part}.txt`), `${ids.join('\n')}\n`);
  }
}

function put(name, data) {
  const file = path.join(home, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, encode({ width: SIZE, height: SIZE, channels: 1, depth: 8, data }));
}

const CONFIG = `data: { folder: ./data }
model: { widths: [8, 16, 32], norm: none }
optimizer: { learningRate: 3e-3 }
schedule: { name: poly }
epochs: 20
batchSize: 4
seed: ${values.seed}
backend: wasm
`;

await writeData();
writeFileSync(path.join(home, 'run.yaml'), CONFIG);
const folders = {};
for (const [name, loss] of Object.entries(LOSSES)) {
  const events = segloss('train', '-c', 'run.yaml', '--loss', loss, '--out', `runs-${name}`, '--json');
  const { folder } = JSON.parse(events.trim().split('\n').at(-1));
  folders[name] = folder;
  segloss('predict', folder, 'test/images', '--checkpoint', 'last', '--out', `pred/${name}`);
}
for (const policy of ['volume', 'dice']) {
  segloss(
    'predict',
    folders.ce,
    'test/images',
    '--checkpoint',
    'last',
    '--decode',
    policy,
    '--out',
    `pred/ce-${policy}`,
  );
}
const runs = Object.keys(LOSSES).flatMap((name) => ['--pred', `pred/${name}`]);
console.log(segloss('analyze', ...runs, '--gt', 'test/masks', '--out', 'report.html'));
console.log(
  tableOf(segloss('analyze', ...runs, '--gt', 'test/masks', '--full'), 'by the size of its true region'),
);
// The three decodings of ce, with their lesions.
const decoded = ['ce', 'ce-volume', 'ce-dice'].flatMap((name) => ['--pred', `pred/${name}`]);
const args = [...decoded, '--gt', 'test/masks', '--lesions'];
console.log(`\nThe network of ce, decoded in three ways:\n\n${segloss('analyze', ...args).trim()}\n`);
console.log(tableOf(segloss('analyze', ...args, '--full'), 'Lesions of "foreground" by size'));

/** The table whose title ends with a text, as --full prints it. */
function tableOf(text, title) {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.endsWith(title));
  if (from < 0) throw new Error(`no table "${title}" in the output of segloss analyze --full`);
  return ['From --full:', '', ...lines.slice(from, lines.indexOf('', from))].join('\n');
}
