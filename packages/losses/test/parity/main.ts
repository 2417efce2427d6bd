import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import '@tensorflow/tfjs-layers'; // brings the gradients
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { env, setBackend } from '@tensorflow/tfjs-core';
import type { GoldenFile } from '@segloss/testing';

import { compareFile, type Outcome } from './compare';
import { fixtureFile, type FixtureFile } from './fixture';
import { libraryTable, summaryLine } from './table';

async function main([folder, ...rest]: readonly string[]): Promise<number> {
  if (folder === undefined || rest.length > 0) {
    console.error('parity: wanted one folder of golden files; try: npm run parity -- ../shared/golden');
    return 2;
  }
  if (!existsSync(folder)) {
    console.error(`parity: no folder ${folder}; try: npm run parity -- ../shared/golden`);
    return 2;
  }
  const files = goldenFiles(folder);
  if (files.length === 0) {
    console.error(`parity: wanted golden files (*.json with cases and inputs) in ${folder}, got none`);
    return 2;
  }
  env().set('PROD', true); // no banner
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  const all: Outcome[] = [];
  for (const backend of ['cpu', 'wasm']) {
    await setBackend(backend);
    console.log(`# ${backend}\n`);
    for (const file of files) {
      const outcomes = compareFile(file);
      console.log(libraryTable(file.library, outcomes));
      for (const { id, result, reason } of outcomes) {
        if (result === 'failed') console.log(`FAILED ${file.library} ${id}: ${reason}`);
      }
      all.push(...outcomes);
    }
  }
  console.log(summaryLine(all));
  return all.some(({ result }) => result === 'failed') ? 1 : 0;
}

function goldenFiles(folder: string): GoldenFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as GoldenFile | FixtureFile)
    .map((file) => ('fixtures' in file ? fixtureFile(file as FixtureFile) : (file as GoldenFile)))
    .filter(
      (file) => Array.isArray(file.cases) && typeof file.library === 'string' && file.inputs !== undefined,
    );
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
