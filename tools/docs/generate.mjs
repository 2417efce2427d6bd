// `npm run docs:generate`: bundles main.ts from the sources of all packages, and runs it.
import { pathToFileURL } from 'node:url';

import { bundle } from '../bundle.mjs';

const program = await bundle({ name: 'docs', entry: 'tools/docs/main.ts', format: 'esm' });
await import(pathToFileURL(program).href);
