// Measures every registered loss for docs/bias: npm run cards [-- FOLDER]
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { bundle, root } from '../bundle.mjs';

const entry = 'apps/benchmark/src/card/write-docs.ts';
const packages = readdirSync(join(root, 'packages'));
await import(pathToFileURL(await bundle({ name: 'cards', entry, packages, format: 'esm' })).href);
