import { type Sample } from '../samples/sample.js';

/** Keeps the samples that were used last, up to a number of bytes. */
export class SampleCache {
  private bytes = 0;
  // A Map has the order of insertion: the first is the one that was not used for longest.
  private readonly entries = new Map<number, { readonly version: string; readonly sample: Sample }>();

  constructor(private readonly limit: number) {}

  /** The sample, unless its files have changed since. */
  get(key: number, version: string): Sample | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.delete(key);
    if (entry.version !== version) return undefined;
    this.set(key, version, entry.sample);
    return entry.sample;
  }

  set(key: number, version: string, sample: Sample): void {
    this.delete(key);
    if (sizeOf(sample) > this.limit) return;
    this.entries.set(key, { version, sample });
    this.bytes += sizeOf(sample);
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.limit) return;
      this.delete(oldest);
    }
  }

  clear(): void {
    this.entries.clear();
    this.bytes = 0;
  }

  private delete(key: number): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.bytes -= sizeOf(entry.sample);
  }
}

const sizeOf = ({ image, mask }: Sample) => image.byteLength + mask.byteLength;
