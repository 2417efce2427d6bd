// Runs one block of a page as a module, in a thread whose modules nobody has loaded before; `{ module, claims }` is the worker data.
import { workerData } from 'node:worker_threads';

import { checkClaim, type Claim } from './check-claim.js';

const { module, claims } = workerData as { module: string; claims: readonly Claim[] };

(globalThis as { __check?: unknown }).__check = (id: number, run: () => Promise<unknown>) =>
  checkClaim(claims[id]!, run);
await import(module);
