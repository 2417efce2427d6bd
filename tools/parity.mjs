// Compares segloss with the values of other libraries: npm run parity -- FOLDER
import { spawnSync } from 'node:child_process';

import { bundle } from './bundle.mjs';

const program = await bundle({ name: 'parity', entry: 'packages/losses/test/parity/main.ts', format: 'cjs' });
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
