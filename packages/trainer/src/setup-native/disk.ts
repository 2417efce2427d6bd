import { mkdirSync, statfsSync } from 'node:fs';

import { type Found } from './found.js';
import { SetupError } from './setup-error.js';

const GB = 1e9;
/** The wheels and what is taken out of them, for a moment both. */
const NEEDED = { cpu: 1.5 * GB, gpu: 12 * GB };

/** Makes the folder, and looks whether the library fits. */
export function checkDisk(folder: string, gpu: boolean): Found<void> {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  const [free, needed] = [bavail * bsize, gpu ? NEEDED.gpu : NEEDED.cpu];
  const show = (bytes: number) => `${(bytes / GB).toFixed(1)} GB`;
  if (free < needed) {
    throw new SetupError(
      `the free space of ${folder}, of which it takes ${show(needed)}`,
      show(free),
      'make room, or point XDG_CACHE_HOME to another disk',
    );
  }
  return { value: undefined, message: `${show(free)} free in ${folder}, ${show(needed)} needed` };
}
