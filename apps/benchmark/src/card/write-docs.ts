// npm run cards -- FOLDER: writes the table and the drawings of every registered loss.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { setBackend } from '@tensorflow/tfjs-core';

import { documentedLoss, documentedNames, documentedPage, type DocumentedLoss } from './docs.js';

async function main(): Promise<void> {
  const folder = path.resolve(process.argv[2] ?? 'docs/bias');
  await setBackend('cpu');
  mkdirSync(folder, { recursive: true });
  const losses: DocumentedLoss[] = [];
  for (const name of documentedNames()) {
    const start = performance.now();
    losses.push(await documentedLoss(name));
    process.stderr.write(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  }
  for (const file of readdirSync(folder)) rmSync(path.join(folder, file));
  for (const { name, svg } of losses) writeFileSync(path.join(folder, `${name}.svg`), svg);
  writeFileSync(path.join(folder, 'README.md'), documentedPage(losses));
}

void main();
