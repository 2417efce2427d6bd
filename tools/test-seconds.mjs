// `npm run test:seconds`, after a complete `npm test`: writes test/seconds.json, by which jest starts the slowest files first.
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const measured = JSON.parse(readFileSync(new URL('node_modules/.cache/test-seconds.json', root), 'utf8'));
const SHORTEST = 3;
const slow = Object.entries(measured)
  .filter(([, seconds]) => seconds >= SHORTEST)
  .sort((a, b) => b[1] - a[1])
  .map(([file, seconds]) => [file, Math.round(seconds)]);
writeFileSync(new URL('test/seconds.json', root), `${JSON.stringify(Object.fromEntries(slow), null, 2)}\n`);
console.log(`test/seconds.json: ${slow.length} files of ${SHORTEST} s or more`);
