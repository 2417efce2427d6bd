import { folderStore } from '../checkpoint/folder-store.js';
import { readCheckpoint, writeCheckpoint } from '../checkpoint/store.js';
import { CheckpointError, type CheckpointContent, type CheckpointStore } from '../loop/checkpoint.js';
import { type MetricsLog } from '../logs/metrics-log.js';
import { type Lease } from './lease.js';

/**
 * The checkpoints of a run, each with the metrics so far: what a checkpoint claims to have trained is never missing from `metrics.jsonl`.
 */
export class RunStore implements CheckpointStore {
  private readonly store: CheckpointStore;
  private metrics: string | undefined;

  constructor(
    private readonly folder: string,
    private readonly log: MetricsLog,
    private readonly lease: Lease,
  ) {
    this.store = folderStore(folder);
  }

  get name(): string {
    return this.store.name;
  }

  async load(say: (text: string) => void): Promise<CheckpointContent | undefined> {
    const content = await this.store.load(say);
    this.metrics = content?.metadata['metrics'];
    return content;
  }

  async save(name: 'last' | 'best', content: CheckpointContent): Promise<void> {
    this.lease.check();
    const metadata = name === 'last' ? { ...content.metadata, metrics: this.log.text } : content.metadata;
    writeCheckpoint(this.store.name, name, { ...content, metadata }, () => this.lease.check());
  }

  /**
   * Makes sure that the best weights of the epochs before `epoch` are there: nothing but another training would give them back.
   *
   * @throws {CheckpointError} If they are missing or damaged.
   */
  checkBest(epoch: number): void {
    if (epoch === 0) return;
    try {
      readCheckpoint(this.folder, 'best');
    } catch (error) {
      throw new CheckpointError(
        `${(error as Error).message}; restore the file, or train anew with --fresh, which gives the same weights again`,
      );
    }
  }

  /**
   * Brings `metrics.jsonl` to the epoch at which the training resumes: cuts later epochs, and restores missing ones.
   *
   * @throws {CheckpointError} If epochs are missing and the checkpoint does not have them.
   */
  bringMetricsTo(epoch: number, note: (text: string) => void): void {
    const { log, metrics } = this;
    log.truncateAfter(epoch - 1);
    const missing = epoch - log.read().length;
    if (missing <= 0 && (metrics === undefined || log.text === metrics)) return;
    const what = missing > 0 ? `${missing} of ${epoch} epochs were missing` : 'epochs had other values';
    if (metrics === undefined) {
      throw new CheckpointError(
        `${log.file}: ${what}, and the checkpoint has none; restore the file, or train anew with --fresh`,
      );
    }
    log.restore(metrics);
    note(`${log.file}: ${what}; restored from the checkpoint`);
  }
}
