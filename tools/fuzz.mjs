// npm run fuzz -- --minutes N: feeds readers with random files whose values are known, and with damaged ones.
import { spawnSync } from 'node:child_process';

import { bundle } from './bundle.mjs';

const program = await bundle({ name: 'fuzz', entry: 'tools/fuzz/main.ts', format: 'esm' });
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
