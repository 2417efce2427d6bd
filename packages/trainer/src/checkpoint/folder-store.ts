import { type CheckpointStore } from '../loop/checkpoint.js';
import { newestCheckpoint, writeCheckpoint } from './store.js';

/**
 * Keeps the checkpoints of a training in a folder: `last`, `previous` and `best.safetensors`. Each is written next to its place and
 * renamed, so that a file of such a name is always complete.
 *
 * @param folder Made when the first checkpoint is saved.
 *
 * @example
 * ```ts
 * const { mkdtempSync } = await import('node:fs');
 * const store = folderStore(mkdtempSync((await import('node:os')).tmpdir() + '/segloss-'));
 * await store.load(() => {}); // → undefined
 * await store.save('last', { tensors: {}, metadata: { epoch: '3' } });
 * (await store.load(() => {})).metadata.epoch; // → "3"
 * ```
 */
export function folderStore(folder: string): CheckpointStore {
  return {
    name: folder,
    load: (say) => newestCheckpoint(folder, say),
    save: (name, content) => writeCheckpoint(folder, name, content),
  };
}
