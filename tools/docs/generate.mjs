// `npm run docs:generate`: bundles main.ts from the sources of all packages, and runs it.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { bundle, root } from '../bundle.mjs';

const program = await bundle({ name: 'docs', entry: 'tools/docs/main.ts', format: 'esm' });
await import(pathToFileURL(program).href);
