import { createHash } from 'node:crypto';

import type { PageScript } from './document.js';

/** A script with its hash. Apart from `document`, which pages use that have no Node. */
export const pageScript = (text: string): PageScript => ({
  text,
  hash: `sha256-${createHash('sha256').update(text).digest('base64')}`,
});
