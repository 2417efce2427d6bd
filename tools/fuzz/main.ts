import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { fuzz } from './fuzz.js';
import { TARGETS } from './targets/index.js';

const usage = `npm run fuzz -- [--minutes N] [--seed S] [--target NAME]

Feeds ${Object.keys(TARGETS).join(', ')} with random inputs for N minutes (default 1), and compares what is read with what was written.
The seed is printed; the same seed gives the same inputs. Exits with 1 if anything was found.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    target: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const unknown = values.target !== undefined && !Object.hasOwn(TARGETS, values.target);
if (values.help || unknown || !(minutes > 0 && minutes <= 600)) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}
process.env['SEGLOSS_CACHE'] = 'off';
const folder = await mkdtemp(join(tmpdir(), 'segloss-fuzz-'));
try {
  const end = Date.now() + minutes * 60_000;
  console.log(`seed ${values.seed}, ${minutes} minutes`);
  const { runs, findings } = await fuzz({
    seed: values.seed,
    folder,
    targets: values.target === undefined ? Object.keys(TARGETS) : [values.target],
    goOn: () => Date.now() < end,
    onFinding: (finding) => console.log(finding),
  });
  for (const [target, count] of Object.entries(runs)) console.log(`${target}: ${count} inputs`);
  console.log(`${findings.length} findings`);
  process.exitCode = findings.length === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
